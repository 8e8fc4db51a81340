import type * as Library from '../../libs/multipass/src/index.js';
import { PEOPLE, type Return, type Upstream } from '#bench/driver/upstream';
import { dist } from '#bench/subjects/servers';
import type { Broker } from '#bench/subjects/subject';

const library = async (): Promise<typeof Library> =>
  (await import(dist('libs/multipass/src/index.js'))) as typeof Library;

const MINUTE_MS = 60_000;
/** Of each person's last token. For all operations together: the broker remembers what the last one sent. */
const expiries: number[] = [];
let next = 0;

/** Plays the customer's web site: whoever is sent there is signed in already, and comes back with a fresh token. */
export class Multipass implements Upstream {
  readonly #write: typeof Library.writeMultipass;
  readonly #broker: Broker;
  readonly #origin: string;

  private constructor(write: typeof Library.writeMultipass, broker: Broker, origin: string) {
    this.#write = write;
    this.#broker = broker;
    this.#origin = origin;
  }

  static async open(broker: Broker, origin: string): Promise<Multipass> {
    return new Multipass((await library()).writeMultipass, broker, origin);
  }

  isLogin(url: URL): boolean {
    return url.origin === this.#broker.remoteLogin.origin;
  }

  comeBack(): Return {
    return { url: this.callback() };
  }

  callback(): URL {
    const number = (next = (next + 1) % PEOPLE);
    const { siteKey, apiKey, callback } = this.#broker;
    // The same person with the same second of expiry is the same token, which is good once: every call has another.
    const expires = new Date(Math.max(Date.now() + MINUTE_MS, (expiries[number] ?? 0) + 1_000));
    expiries[number] = expires.getTime();
    const claims = { uid: `u-${number}`, email: `person-${number}@acme.test`, name: `Person ${number}`, expires };
    const query = this.#write('desk', claims, { siteKey, apiKey }, new Date());
    return new URL(`${callback}?${query.replace(/^\?/, '')}`, this.#origin);
  }
}
