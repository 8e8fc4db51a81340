import { Refusal, type IdentityAssertion } from '@passbroker/model';
import { mustBeInOrder, operatorOf, saidOf, type Operator } from '../peoplesoft/operator.js';
import { isUnlocked } from '../peoplesoft/operator-row.js';
import { Operators } from '../peoplesoft/operators.js';
import { isPlainName, trimmed, typedIn, type Row, type Session, type Typed } from '../sql/index.js';
import type { Reply, Usersource, UsersourceTools, UsersourceType } from '../usersource.js';
import { askPeoplesoft } from './ask-peoplesoft.js';
import { peoplesoftDatabaseSettings, type PeoplesoftDatabaseSettings } from './peoplesoft-database.settings.js';
import { verifyOperatorPassword } from './verify-operator-password.js';

const DAY_MS = 86_400_000;
const PASSWORD_COLUMNS = ['OPERPSWD', 'OPERPSWDSALT', 'PTOPERPSWDV2', 'ENCRYPTED'];
/** OPRID has 30 letters, USERIDALIAS 70. */
const MAX_NAME_CHARS = 70;

export const peoplesoftDatabase: UsersourceType<PeoplesoftDatabaseSettings> = {
  type: 'peoplesoft-database',
  settings: peoplesoftDatabaseSettings,
  open: (settings, tools) => new PeoplesoftDatabaseUsersource(settings, tools),
};

/** PSOPRDEFN behind views: typed → one operator, by that very name → password → state → roles and address. */
class PeoplesoftDatabaseUsersource implements Usersource {
  private readonly operators: Operators;
  private readonly denied: ReadonlySet<string>;

  constructor(
    private readonly settings: PeoplesoftDatabaseSettings,
    private readonly tools: UsersourceTools,
  ) {
    this.operators = new Operators(settings, { by: settings.loginColumn, columns: PASSWORD_COLUMNS }, tools.mayReach);
    this.denied = new Set(settings.denyUsers.map((user) => user.toUpperCase()));
  }

  async begin(): ReturnType<Usersource['begin']> {
    return { go: 'form', form: 'password', carry: {} };
  }

  async finish(reply: Reply): Promise<IdentityAssertion> {
    const typed = typedIn(reply);
    const rows = await this.find(typed.name, (values) => this.operators.rows(values));
    const operator = this.theOne(rows, typed.name);
    await this.check(typed, operator, rows.length);
    if (!operator) throw unknown(rows.length);
    this.mustBeInOrder(operator);
    const { roles, email } = await this.operators.more(operator);
    return this.assertion(operator, roles, email);
  }

  async probe(ask: { username?: string } = {}): ReturnType<Usersource['probe']> {
    const { username } = ask;
    return this.operators.probe(username === undefined ? undefined : (session) => this.tryPerson(session, username));
  }

  close(): void {
    this.operators.close();
  }

  private oprid(typed: string): string {
    return this.settings.oprIdCase === 'upper' ? typed.toUpperCase() : typed;
  }

  private async find(typed: string, read: (values: Record<string, string>) => Promise<Row[]>): Promise<Row[]> {
    if (!isPlainName(typed) || typed.length > MAX_NAME_CHARS) return [];
    return read({ oprid: this.oprid(typed), alias: typed });
  }

  /** One row, and it bears the typed name letter by letter: an alias that is somebody's OPRID is nobody's (SQL-007). */
  private theOne(rows: readonly Row[], typed: string): Operator | undefined {
    const [row, ...others] = rows;
    if (!row || others.length > 0) return undefined;
    const operator = operatorOf(row);
    // Read for nothing but their presence: a view without them would let everybody pass for unsalted.
    for (const column of PASSWORD_COLUMNS) trimmed(row, column);
    return this.kindOf(operator, typed) === undefined ? undefined : operator;
  }

  private kindOf({ oprid, alias }: Operator, typed: string): 'O' | 'U' | undefined {
    const { loginColumn } = this.settings;
    if (loginColumn !== 'USERIDALIAS' && oprid === this.oprid(typed)) return 'O';
    return loginColumn !== 'OPRID' && alias === typed ? 'U' : undefined;
  }

  /** @throws Refusal unless it is the operator's password */
  private async check({ name, password }: Typed, operator: Operator | undefined, found: number): Promise<void> {
    switch (this.settings.passwordCheck) {
      case 'none':
        throw new Refusal('usersource.misconfigured', 'passwordCheck is none: this usersource describes people only');
      case 'unsalted-sha1':
        if (operator && !verifyOperatorPassword(password, operator.row)) throw wrong(operator);
        return;
      case 'callout': {
        const { oprid, kind } = this.asked(name, operator);
        // Strangers are asked about too: the way there and back would tell who exists (PWD-002).
        const right = await askPeoplesoft(
          this.settings,
          { kind, userId: kind === 'O' ? oprid : name, password },
          this.tools.fetch,
        );
        if (!operator) throw unknown(found);
        if (right !== operator.oprid) throw wrong(operator);
      }
    }
  }

  private asked(typed: string, operator: Operator | undefined): { oprid: string; kind: 'O' | 'U' } {
    const other = this.settings.loginColumn === 'USERIDALIAS' ? 'U' : 'O';
    return { oprid: this.oprid(typed), kind: (operator && this.kindOf(operator, typed)) ?? other };
  }

  /** Heard only by whoever knows the password. */
  private mustBeInOrder(operator: Operator): void {
    const { maxPasswordAgeDays, expiredPermissionList } = this.settings;
    const disabled = (why: string) => new Refusal('account.disabled', `${operator.oprid}: ${why}`);
    mustBeInOrder(operator, expiredPermissionList);
    if (this.denied.has(operator.oprid.toUpperCase())) throw disabled('denied by the settings (denyUsers)');
    if (maxPasswordAgeDays === undefined) return;
    const age = operator.passwordChanged && this.tools.now().getTime() - operator.passwordChanged.getTime();
    if (age === undefined || age > maxPasswordAgeDays * DAY_MS) {
      throw disabled(`the password is older than ${maxPasswordAgeDays} days, or nobody knows how old`);
    }
  }

  private subjectOf({ oprid, emplid = '' }: Operator): string {
    const { database, databaseName = database, subjectHasEmplid } = this.settings;
    return [databaseName, oprid, ...(subjectHasEmplid ? [emplid] : [])].join(':');
  }

  private assertion(operator: Operator, roles: string[], email: string | undefined): IdentityAssertion {
    const { oprid, name, emplid } = operator;
    const attributes = { oprid, ...(emplid !== undefined && { emplid }) };
    return {
      usersource: this.tools.slug,
      subject: this.subjectOf(operator),
      claims: {
        username: oprid,
        ...(email !== undefined && { email, emailVerified: false }),
        ...(name !== undefined && { name }),
        groups: roles,
        attributes,
      },
      said: saidOf(operator, roles, email),
      authenticatedAt: this.tools.now(),
      methods: ['pwd'],
    };
  }

  private async tryPerson(session: Session, name: string): Promise<string> {
    const rows = await this.find(name, (values) => this.operators.rows(values, session));
    const operator = this.theOne(rows, name);
    if (!operator) throw unknown(rows.length);
    const { roles, email } = await this.operators.more(operator, session);
    const state = isUnlocked(operator.row) ? 'not locked' : 'locked';
    return `${name} is ${this.subjectOf(operator)}: ${state}, ${roles.length} roles, ${email ? 'an' : 'no'} e-mail address, ${formatOf(operator)}.`;
  }
}

/** What the password column holds, as far as anybody may know. */
function formatOf({ row }: Operator): string {
  try {
    verifyOperatorPassword('-', { ...row, ACCTLOCK: undefined, acctlock: undefined });
    return 'password unsalted (SHA-1)';
  } catch (error) {
    return error instanceof Refusal ? error.detail : 'password unreadable';
  }
}

const wrong = ({ oprid }: Operator): Refusal => new Refusal('password.wrong', `the password of ${oprid} is another`);
const unknown = (rows: number): Refusal =>
  new Refusal('password.unknown_name', `${rows} operators answer to this name, none of them alone and exactly`);
