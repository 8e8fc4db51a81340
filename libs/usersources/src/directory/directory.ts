import { randomBytes } from 'node:crypto';
import { Refusal, type IdentityAssertion } from '@passbroker/model';
import { PresenceFilter } from 'ldapts';
import type { PasswordChange, ProbeAsk, Reply, Usersource, UsersourceTools } from '../usersource.js';
import { isUnder, sameDn } from './dn.js';
import { Entry } from './entry.js';
import { findPerson } from './find.js';
import type { Group } from './groups.js';
import type { DirectoryKind, Reach } from './kind.js';
import { probeDirectory } from './probe.js';
import { wholeList } from './ranges.js';
import { saidBy } from './said.js';
import { Servers } from './servers.js';
import { ServiceAccount, type Credentials } from './service-account.js';
import type { DirectorySettings } from './settings.js';
import { Tries } from './tries.js';
import { ConnectionLost, DirectoryRefused, RESULT } from './trouble.js';
import { isUsable, MAX_PASSWORD_BYTES, typed, type Typed } from './typed.js';

/**
 * A password against a directory:
 *
 *   find ──► nobody ──► a bind for show, so that it takes as long ──► refused
 *     └────► one ──► take a try ──► bind, once, as the DN found ──► read the entry anew ──► may they? ──► groups
 *
 * Our own account finds and reads; only the bind is the person's. The password is sent to one server, one time.
 */
export class Directory implements Usersource {
  readonly #servers: Servers;
  readonly #service: ServiceAccount;
  readonly #tries: Tries;

  constructor(
    private readonly settings: DirectorySettings,
    credentials: Credentials,
    private readonly kind: DirectoryKind,
    private readonly tools: UsersourceTools,
  ) {
    const { servers, ca, serverName, timeoutSec, lockoutThreshold, lockoutWindowMin } = settings;
    const now = () => tools.now();
    this.#servers = new Servers(servers, { ca, serverName, mayReach: tools.mayReach }, now, timeoutSec * 1_000);
    this.#service = new ServiceAccount(this.#servers, credentials, now, timeoutSec * 1_000);
    this.#tries = new Tries(tools.memory, { threshold: lockoutThreshold, windowSec: lockoutWindowMin * 60 });
  }

  async begin(): ReturnType<Usersource['begin']> {
    return { go: 'form', form: 'password', carry: {} };
  }

  async finish(reply: Reply): Promise<IdentityAssertion> {
    const { name, password } = typed(reply.fields);
    return this.#inOurWords(async (reach) => {
      const found = await this.#foundToTry(name, reply.knownDevice === true, reach);
      await this.#bindOnce(found, { name, password }, reach);
      const entry = await this.#readAnew(found, reach);
      await this.kind.mayEnter(entry, undefined, reach);
      return this.#assertion(entry, reach, ['pwd']);
    });
  }

  /** Somebody another usersource has proved, Kerberos for one: who they are here, if they may still come in. */
  async recognise(name: string, methods: string[]): Promise<IdentityAssertion> {
    return this.#inOurWords(async (reach) => {
      const entry = await this.#read(name, reach);
      await this.kind.mayEnter(entry, undefined, reach);
      return this.#assertion(entry, reach, methods);
    });
  }

  async changePassword({ username, current, next }: PasswordChange): Promise<void> {
    const { name, password } = typed({ username, password: current });
    if (!isUsable(next) || Buffer.byteLength(next) > MAX_PASSWORD_BYTES) {
      throw new Refusal('password.unacceptable', 'an empty or blank password, one with NUL, or an endless one');
    }
    await this.#inOurWords(async (reach) => {
      const entry = await this.#foundToTry(name, false, reach);
      await this.kind.change(entry, password, next, reach).catch(async (error: unknown) => {
        // Turned down for what the new one is: the current one was right.
        if (error instanceof Refusal && error.code === 'password.unacceptable') await this.#forgive(name, entry);
        throw error;
      });
      await this.#forgive(name, entry);
    });
  }

  async probe({ username }: ProbeAsk = {}): ReturnType<Usersource['probe']> {
    const { settings, kind, tools } = this;
    const trialPerson = username ?? settings.trialPerson;
    return probeDirectory({
      settings: { ...settings, trialPerson },
      kind,
      servers: this.#servers,
      service: this.#service,
      mayReach: tools.mayReach,
      now: () => tools.now(),
      find: (reach, name) => this.#read(name, reach),
      groups: (reach, person) => this.#groups(person, reach),
    });
  }

  close(): void {
    this.#service.close();
  }

  /** Counted before the password is looked at, and refused as slowly as a real check is (PWD-002). */
  async #foundToTry(name: string, knownDevice: boolean, reach: Reach): Promise<Entry> {
    const found = await this.#read(name, reach).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'password.unknown_name') return error;
      throw error;
    });
    try {
      await this.#tries.takeForName(name, knownDevice);
      if (found instanceof Refusal) throw found;
      await this.#tries.takeForAccount(this.#subjectOf(found), knownDevice);
      return found;
    } catch (error) {
      if (error instanceof Refusal) await this.#bindForShow(reach);
      throw error;
    }
  }

  #forgive(name: string, entry: Entry): Promise<void> {
    return this.#tries.forgive(name, this.#subjectOf(entry));
  }

  async #read(name: string, { service, signal }: Reach): Promise<Entry> {
    const criteria = this.kind.criteria(name);
    if (criteria.length === 0) throw new Refusal('password.unknown_name', 'nobody here can have such a name');
    const { baseDn, userFilter } = this.settings;
    return findPerson(service, { baseDn, userFilter, criteria, attributes: this.#attributes() }, signal);
  }

  #attributes(): string[] {
    const { nameAttribute, emailAttribute, attributes } = this.settings;
    return [...new Set([...this.kind.attributes, nameAttribute, emailAttribute, ...attributes])];
  }

  #subjectOf(entry: Entry): string {
    const subject = this.kind.subject(entry);
    if (subject === undefined) {
      throw new Refusal('upstream.malformed', 'our account cannot read what tells this entry from all others');
    }
    return subject;
  }

  /** The one place where somebody's password leaves us. Whatever happens then, it is not sent again. */
  async #bindOnce(entry: Entry, { name, password }: Typed, reach: Reach): Promise<void> {
    const { url, connection } = await this.#servers.connect(reach.signal);
    try {
      const policy = await connection.bind(entry.dn, password, reach.signal);
      await this.#forgive(name, entry);
      await this.kind.mayEnter(entry, { connection, policy }, reach);
    } catch (error) {
      if (error instanceof ConnectionLost) this.#servers.failed(url);
      if (!(error instanceof DirectoryRefused) || error.operation !== 'bind') throw error;
      const refusal = this.kind.refusal(error);
      if (refusal.code !== 'password.wrong') await this.#forgive(name, entry);
      throw refusal;
    } finally {
      connection.close();
    }
  }

  /** A name nobody has and a password nobody chose: what was typed may be right at the next usersource (I19). */
  async #bindForShow({ signal }: Reach): Promise<void> {
    try {
      const { connection } = await this.#servers.connect(signal);
      const nobody = `cn=${randomBytes(12).toString('hex')},${this.settings.baseDn}`;
      await connection.bind(nobody, randomBytes(12).toString('base64url'), signal).catch(() => undefined);
      connection.close();
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
  }

  /** What held when we searched may not hold any more: the entry is read again, by its DN, after the bind. */
  async #readAnew(found: Entry, { service, signal }: Reach): Promise<Entry> {
    const query = {
      scope: 'base',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: this.#attributes(),
      max: 1,
    } as const;
    const [entry] = await service.search(found.dn, { ...query }, signal);
    const same = entry && sameDn(entry.dn, found.dn) && this.kind.subject(entry) === this.kind.subject(found);
    if (!same || !isUnder(entry.dn, this.settings.baseDn)) {
      throw new Refusal('upstream.untrusted', 'the entry is another one after the bind');
    }
    return entry;
  }

  async #assertion(entry: Entry, reach: Reach, methods: string[]): Promise<IdentityAssertion> {
    const { nameAttribute, emailAttribute, attributes, groupsAs } = this.settings;
    const whole = await this.#whole(entry, reach);
    const groups = await this.#groups(entry, reach);
    const names = saidBy(entry, [...this.kind.names, nameAttribute, emailAttribute]);
    const said = saidBy(whole, attributes);
    const [email, name, username] = [entry.text(emailAttribute), entry.text(nameAttribute), this.kind.username(entry)];
    return {
      usersource: this.tools.slug,
      subject: this.#subjectOf(entry),
      claims: {
        ...(email !== undefined && email.includes('@') && { email }),
        ...(name !== undefined && { name }),
        ...(username !== undefined && { username }),
        groups: groups.map((group) => group[groupsAs]),
        attributes: textsIn(said),
      },
      said: { ...names, ...said, groups: groups.map((group) => group.name), groupDns: groups.map((group) => group.dn) },
      authenticatedAt: this.tools.now(),
      methods,
    };
  }

  async #whole(entry: Entry, { service, signal }: Reach): Promise<Entry> {
    let whole = entry;
    for (const attribute of this.settings.attributes) {
      whole = whole.with(attribute, await wholeList(service, entry, attribute, signal));
    }
    return whole;
  }

  async #groups(entry: Entry, reach: Reach): Promise<Group[]> {
    return this.settings.groups === 'none' ? [] : this.kind.groups(entry, reach);
  }

  /** The whole of it in one span of time, and its trouble as a Refusal that shows nobody the directory's words. */
  async #inOurWords<Value>(ask: (reach: Reach) => Promise<Value>): Promise<Value> {
    const signal = AbortSignal.timeout(this.settings.timeoutSec * 1_000);
    try {
      return await ask({ servers: this.#servers, service: this.#service, signal });
    } catch (error) {
      if (error instanceof ConnectionLost) throw new Refusal('usersource.unreachable', error.message, { cause: error });
      if (!(error instanceof DirectoryRefused)) throw error;
      const ours = error.operation === 'bind' && error.code === RESULT.invalidCredentials;
      throw new Refusal(
        ours ? 'usersource.misconfigured' : 'usersource.unreachable',
        ours ? 'the directory refuses the password of our own account' : error.message,
        { cause: error },
      );
    }
  }
}

function textsIn(said: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(said).flatMap(([name, value]) =>
      typeof value === 'string' && name !== 'dn' ? [[name, value]] : [],
    ),
  );
}
