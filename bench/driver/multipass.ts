import type * as Library from '../../libs/multipass/src/index.js';
import { dist } from '#bench/subjects/servers';
import type { Broker } from '#bench/subjects/subject';

const library = async (): Promise<typeof Library> =>
  (await import(dist('libs/multipass/src/index.js'))) as typeof Library;

/** As many people as sign in again and again: who is new costs a row in Postgres, which is not what is measured. */
const PEOPLE = 32;

/** Plays the customer's web site: whoever is sent there is signed in already, and comes back with a fresh token. */
export class Multipass {
  readonly #write: typeof Library.writeMultipass;
  readonly #broker: Broker;
  readonly #origin: string;
  #next = 0;

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

  /** A token is good once: every call is another. */
  callback(): URL {
    const number = (this.#next = (this.#next + 1) % PEOPLE);
    const { siteKey, apiKey, callback } = this.#broker;
    const claims = { uid: `u-${number}`, email: `person-${number}@acme.test`, name: `Person ${number}` };
    const query = this.#write('desk', claims, { siteKey, apiKey }, new Date());
    return new URL(`${callback}?${query.replace(/^\?/, '')}`, this.#origin);
  }
}
