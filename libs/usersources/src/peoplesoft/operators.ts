import type { MayReach } from '@passbroker/platform';
import { probeConnection, SqlDatabase, type Row, type Session } from '../sql/index.js';
import type { Connection } from '../sql/connection.settings.js';
import type { Health } from '../usersource.js';
import { emailOf, rolesOf, type Operator } from './operator.js';
import { operatorStatements, type OperatorStatements, type Wanted } from './operator-statements.js';
import type { OperatorsAt } from './operators.settings.js';

const NOBODY = { oprid: 'PASSBROKER_TEST', alias: 'PASSBROKER_TEST' };

/** PSOPRDEFN, PSROLEUSER and PSUSEREMAIL behind their views. A `session` is asked rather than the pool, where one is given. */
export class Operators {
  private readonly database: SqlDatabase;
  private readonly statements: OperatorStatements;

  constructor(
    private readonly at: Connection & OperatorsAt,
    wanted: Wanted,
    mayReach: MayReach,
  ) {
    this.database = new SqlDatabase(at, mayReach);
    this.statements = operatorStatements(at, wanted);
  }

  /** @throws Refusal usersource.unreachable, usersource.busy, usersource.misconfigured; as all of these */
  rows(values: Readonly<Record<string, string>>, session?: Session): Promise<Row[]> {
    return this.read('operator', values, session);
  }

  /** Active roles, and the address that counts. */
  async more(operator: Operator, session?: Session): Promise<{ roles: string[]; email: string | undefined }> {
    const values = { oprid: operator.oprid };
    const roles = rolesOf(await this.read('roles', values, session));
    const email = emailOf(operator, await this.read('emails', values, session));
    return { roles, email };
  }

  async probe(person?: (session: Session) => Promise<string>): Promise<Health> {
    return probeConnection(this.at, this.database, [
      { step: 'views', run: (session) => this.tryViews(session) },
      ...(person ? [{ step: 'person', run: person }] : []),
    ]);
  }

  close(): void {
    this.database.close();
  }

  private read(
    which: keyof OperatorStatements,
    values: Readonly<Record<string, string>>,
    session: Session | undefined,
  ): Promise<Row[]> {
    const statement = this.statements[which];
    return session ? session.read(statement, values) : this.database.rows(statement, values);
  }

  private async tryViews(session: Session): Promise<string> {
    for (const which of ['operator', 'roles', 'emails'] as const) await this.read(which, NOBODY, session);
    return 'The three views are there, with all their columns.';
  }
}
