import { Refusal } from '@passbroker/model';
import { ChecksInTurn, digestTemplate, readHash, UnreadableHash, type StoredHash } from '../password-hashes/index.js';
import type { PasswordHasher, PasswordShadow } from '../usersource.js';
import type { Person } from './person.js';

interface Parts {
  hasher: PasswordHasher;
  shadow: PasswordShadow;
  /** `auto`, or a template. */
  hash: string;
  pepper: string;
  keepStrongHash: boolean;
}

export interface Checked {
  name: string;
  weak: boolean;
}

/** One person's password against what the table holds, or against our own copy once the table holds none. */
export class PasswordCheck {
  private readonly turns = new ChecksInTurn();
  private readonly template;
  /** Spends what the last check of somebody's own spent; before the first, what one of our own spends. */
  private spend: (password: string) => Promise<unknown>;

  constructor(private readonly parts: Parts) {
    this.spend = (password) => parts.hasher.waste(password);
    this.template = parts.hash === 'auto' ? undefined : digestTemplate(parts.hash);
  }

  /** @throws Refusal password.wrong, password.unsupported_hash, password.busy */
  async check(person: Person, password: string): Promise<Checked> {
    if (person.passwordHash === undefined) return this.checkShadow(person, password);
    const stored = await this.read(person, person.passwordHash, password);
    this.spend = (typed) => this.turns.run(() => stored.verify(typed));
    if (!(await this.turns.run(() => stored.verify(password)))) throw wrong(person);
    if (stored.weak && this.parts.keepStrongHash) await this.keep(person, password);
    return { name: stored.scheme, weak: stored.weak };
  }

  /** As long as a real check takes, so that timing does not tell who exists (PWD-002). */
  async waste(password: string): Promise<void> {
    await this.spend(password);
  }

  /** For the connection test: what would be checked, without checking it. */
  describe({ passwordHash, ...person }: Person): string {
    if (passwordHash === undefined) return 'no hash';
    const { scheme, weak } = this.parse({ ...person, passwordHash }, passwordHash);
    return `a hash of ${scheme}${weak ? ', which is weak' : ''}`;
  }

  private async checkShadow(person: Person, password: string): Promise<Checked> {
    const { hasher, shadow, keepStrongHash } = this.parts;
    const kept = keepStrongHash ? await shadow.find(person.subject) : undefined;
    if (kept === undefined) {
      await this.waste(password);
      throw new Refusal('password.wrong', `${person.subject} has no password here`);
    }
    if (!(await hasher.verify(kept, password))) throw wrong(person);
    return { name: 'kept', weak: false };
  }

  /** The table stays the authority as long as it holds a hash: a password changed there replaces our copy. */
  private async keep(person: Person, password: string): Promise<void> {
    const { hasher, shadow } = this.parts;
    const kept = await shadow.find(person.subject);
    if (kept !== undefined && !hasher.needsRehash(kept) && (await hasher.verify(kept, password))) return;
    await shadow.keep(person.subject, await hasher.hash(password));
  }

  /** Not "wrong password": the admin has to hear of it. The person's waiting is the same (PWD-002). */
  private async read(person: Person, encoded: string, password: string): Promise<StoredHash> {
    try {
      return this.parse(person, encoded);
    } catch (error) {
      if (!(error instanceof UnreadableHash)) throw error;
      await this.waste(password);
      throw new Refusal('password.unsupported_hash', `the password of ${person.subject}: ${error.message}`);
    }
  }

  private parse({ salt, username }: Person, encoded: string): StoredHash {
    if (!this.template) return readHash(encoded);
    return this.template.read(encoded, { salt, username, pepper: this.parts.pepper });
  }
}

const wrong = ({ subject }: Person): Refusal => new Refusal('password.wrong', `the password of ${subject} is another`);
