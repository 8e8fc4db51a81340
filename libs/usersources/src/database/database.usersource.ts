import { Refusal, type IdentityAssertion } from '@passbroker/model';
import {
  isPlainName,
  isSameName,
  parseStatement,
  probeConnection,
  SqlDatabase,
  typedIn,
  type Row,
  type Session,
  type Statement,
} from '../sql/index.js';
import type { Reply, Usersource, UsersourceTools, UsersourceType } from '../usersource.js';
import { databaseSettings, type DatabaseSettings } from './database.settings.js';
import { PasswordCheck } from './password-check.js';
import { peopleStatement } from './people-statement.js';
import { personOf, saidOf, type Person } from './person.js';

export const database: UsersourceType<DatabaseSettings> = {
  type: 'database',
  settings: databaseSettings,
  open: (settings, tools) => new DatabaseUsersource(settings, tools),
};

/** A table of people in somebody else's database: typed → one row → its name is the typed one → password → groups. */
class DatabaseUsersource implements Usersource {
  private readonly database: SqlDatabase;
  private readonly people: Statement;
  private readonly groups: Statement | undefined;
  private readonly passwords: PasswordCheck;

  constructor(
    private readonly settings: DatabaseSettings,
    private readonly tools: UsersourceTools,
  ) {
    const { groupsQuery, hash, pepper = '', keepStrongHash } = settings;
    const { hasher, shadow } = tools;
    this.database = new SqlDatabase(settings, tools.mayReach);
    this.people = peopleStatement(settings);
    this.groups = groupsQuery === undefined ? undefined : parseStatement(groupsQuery, ['subject']);
    this.passwords = new PasswordCheck({ hasher, shadow, hash, pepper, keepStrongHash });
  }

  async begin(): ReturnType<Usersource['begin']> {
    return { go: 'form', form: 'password', carry: {} };
  }

  async finish(reply: Reply): Promise<IdentityAssertion> {
    const { name, password } = typedIn(reply);
    const rows = isPlainName(name) ? await this.database.rows(this.people, { username: name }) : [];
    const person = this.theOne(rows, name);
    if (!person) {
      await this.passwords.waste(password);
      throw new Refusal(
        'password.unknown_name',
        `${rows.length} rows answer to this name, none of them alone and exactly`,
      );
    }
    const scheme = await this.passwords.check(person, password);
    // Said only to whoever knows the password; the page says "wrong" all the same (PWD-008).
    if (person.disabled) throw new Refusal('account.disabled', `${person.subject} is disabled in the database`);
    const groups = await this.groupsOf(person);
    const { subject, username, email, emailVerified, name: fullName, attributes } = person;
    return {
      usersource: this.tools.slug,
      subject,
      claims: {
        username,
        ...(email !== undefined && { email, emailVerified }),
        ...(fullName !== undefined && { name: fullName }),
        groups,
        attributes,
      },
      said: saidOf(person, groups, scheme),
      authenticatedAt: this.tools.now(),
      methods: ['pwd'],
    };
  }

  close(): void {
    this.database.close();
  }

  async probe(ask: { username?: string } = {}): ReturnType<Usersource['probe']> {
    const { username } = ask;
    return probeConnection(this.settings, this.database, [
      { step: 'query', run: (session) => this.tryQuery(session) },
      ...(username === undefined
        ? []
        : [{ step: 'person', run: (session: Session) => this.tryPerson(session, username) }]),
    ]);
  }

  /** SQL-007: exactly one row, and it bears the name that was typed, not one that a collation takes for it. */
  private theOne(rows: readonly Row[], typed: string): Person | undefined {
    const [row, ...others] = rows;
    if (!row || others.length > 0) return undefined;
    const { columns, signInBy, nameCase } = this.settings;
    const person = personOf(row, columns);
    const isTyped = signInBy.some((by) => isSameName(typed, by === 'email' ? person.email : person.username, nameCase));
    return isTyped ? person : undefined;
  }

  /** SQL-003: what the first query answered is a value of the second, never part of its text. */
  private async groupsOf(person: Person): Promise<string[]> {
    if (!this.groups) return person.groups;
    const rows = await this.database.rows(this.groups, { subject: person.subject });
    return [...new Set([...person.groups, ...rows.flatMap(firstText)])];
  }

  private async tryQuery(session: Session): Promise<string> {
    // Nobody's name: a statement that does not fit its tables fails all the same.
    const rows = await session.read(this.people, { username: 'passbroker-connection-test' });
    if (this.groups) await session.read(this.groups, { subject: '0' });
    return `The query runs${this.groups ? ', and so does the one for groups' : ''} (${rows.length} rows for nobody).`;
  }

  private async tryPerson(session: Session, name: string): Promise<string> {
    const rows = await session.read(this.people, { username: name });
    const person = this.theOne(rows, name);
    if (!person)
      throw new Refusal('password.unknown_name', `${rows.length} rows answer to ${name}, and one must, by that name`);
    const groups = this.groups ? await session.read(this.groups, { subject: person.subject }) : [];
    const has = [person.email && 'an e-mail address', person.name && 'a name'].filter(Boolean).join(', ');
    return `${name} is subject ${person.subject}: ${this.passwords.describe(person)}, ${has || 'nothing else'}, ${
      groups.length + person.groups.length
    } groups${person.disabled ? '; disabled' : ''}.`;
  }
}

function firstText(row: Row): string[] {
  const value: unknown = Object.values(row)[0];
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text.trim() !== '' ? [text.trim()] : [];
}
