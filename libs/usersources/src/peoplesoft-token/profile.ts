import { Refusal, type IdentityAssertion } from '@passbroker/model';
import type { MayReach } from '@passbroker/platform';
import { mustBeInOrder, operatorOf, saidOf, type Operator } from '../peoplesoft/operator.js';
import { isUnlocked } from '../peoplesoft/operator-row.js';
import { Operators } from '../peoplesoft/operators.js';
import type { Row, Session } from '../sql/index.js';
import type { Health } from '../usersource.js';
import type { ProfileSettings } from './profile.settings.js';

export interface Known {
  claims: IdentityAssertion['claims'];
  said: Readonly<Record<string, unknown>>;
}

/**
 * A token says that somebody signed in some time ago. Whether they still exist, and may come in, is asked where they
 * are from, each time: nobody takes a token back. No column of a password is read.
 */
export class Profile {
  private readonly operators: Operators;

  constructor(
    private readonly settings: ProfileSettings,
    password: string,
    mayReach: MayReach,
  ) {
    this.operators = new Operators({ ...settings, password }, { by: 'OPRID' }, mayReach);
  }

  /** @throws Refusal upstream.refused, account.disabled, usersource.unreachable, usersource.busy, usersource.misconfigured */
  async of(userId: string): Promise<Known> {
    const operator = this.theOne(await this.operators.rows({ oprid: userId }), userId);
    mustBeInOrder(operator, this.settings.expiredPermissionList);
    const { roles, email } = await this.operators.more(operator);
    const { oprid, name, emplid } = operator;
    return {
      claims: {
        username: oprid,
        ...(name !== undefined && { name }),
        ...(email !== undefined && { email, emailVerified: false }),
        groups: roles,
        attributes: { oprid, ...(emplid !== undefined && { emplid }) },
      },
      said: saidOf(operator, roles, email),
    };
  }

  probe(username?: string): Promise<Health> {
    return this.operators.probe(username === undefined ? undefined : (session) => this.tryPerson(session, username));
  }

  close(): void {
    this.operators.close();
  }

  /** By that very OPRID: a collation may have found somebody of the same letters (SQL-007). */
  private theOne(rows: readonly Row[], userId: string): Operator {
    const [row, ...others] = rows;
    const operator = row && others.length === 0 ? operatorOf(row) : undefined;
    if (operator?.oprid !== userId) {
      throw new Refusal('upstream.refused', `${rows.length} operators are called ${userId}, none of them exactly`);
    }
    return operator;
  }

  private async tryPerson(session: Session, name: string): Promise<string> {
    const operator = this.theOne(await this.operators.rows({ oprid: name }, session), name);
    const { roles, email } = await this.operators.more(operator, session);
    const state = isUnlocked(operator.row) ? 'not locked' : 'locked';
    return `${name} is there: ${state}, ${roles.length} roles, ${email ? 'an' : 'no'} e-mail address.`;
  }
}
