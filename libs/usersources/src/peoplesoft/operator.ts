import { Refusal } from '@passbroker/model';
import { trimmed, type Row } from '../sql/index.js';
import { isUnlocked } from './operator-row.js';

/** One row of the operators' view, its blanks trimmed; the password columns stay in `row`, for the check alone. */
export interface Operator {
  oprid: string;
  alias?: string;
  name?: string;
  emplid?: string;
  email?: string;
  permissionList?: string;
  passwordChanged?: Date;
  row: Row;
}

/** @throws Refusal usersource.misconfigured when the view lacks a column */
export function operatorOf(row: Row): Operator {
  const oprid = trimmed(row, 'OPRID');
  if (oprid === undefined) throw new Refusal('usersource.misconfigured', 'an operator without an OPRID');
  // Read for nothing but its presence: a view without it would say nothing of locks.
  trimmed(row, 'ACCTLOCK');
  const optional = (column: string) => trimmed(row, column);
  const [alias, name, emplid] = [optional('USERIDALIAS'), optional('OPRDEFNDESC'), optional('EMPLID')];
  const [email, permissionList] = [optional('EMAILID'), optional('OPRCLASS')];
  const changed = optional('LASTPSWDCHANGE');
  const passwordChanged = changed === undefined ? undefined : new Date(changed.replace(' ', 'T'));
  return {
    ...{ oprid, row },
    ...(alias !== undefined && { alias }),
    ...(name !== undefined && { name }),
    ...(emplid !== undefined && { emplid }),
    ...(email !== undefined && { email }),
    ...(permissionList !== undefined && { permissionList }),
    ...(passwordChanged !== undefined && !Number.isNaN(passwordChanged.getTime()) && { passwordChanged }),
  };
}

/** @throws Refusal account.disabled unless PeopleSoft itself would let this operator in */
export function mustBeInOrder(operator: Operator, expiredPermissionList: string): void {
  const { oprid, permissionList, row } = operator;
  if (!isUnlocked(row)) throw new Refusal('account.disabled', `${oprid}: ACCTLOCK is set`);
  if (permissionList?.toUpperCase() === expiredPermissionList.toUpperCase()) {
    throw new Refusal('account.disabled', `${oprid}: the password has expired (${expiredPermissionList})`);
  }
}

/** What is said of an operator for mapping and filter. */
export function saidOf(operator: Operator, roles: readonly string[], email: string | undefined) {
  const { oprid, alias, name, emplid, permissionList } = operator;
  return {
    ...{ oprid, roles: [...roles] },
    ...(alias !== undefined && { alias }),
    ...(name !== undefined && { name }),
    ...(emplid !== undefined && { emplid }),
    ...(email !== undefined && { email }),
    ...(permissionList !== undefined && { permissionList }),
  };
}

/** PSUSEREMAIL's primary address, if it has one that is one only; else PSOPRDEFN's. Never the key to anything. */
export function emailOf(operator: Operator, rows: readonly Row[]): string | undefined {
  const primary = rows.filter((row) => trimmed(row, 'PRIMARY_EMAIL')?.toUpperCase() === 'Y');
  const [row, ...others] = primary;
  return (row && others.length === 0 ? trimmed(row, 'EMAILID') : undefined) ?? operator.email;
}

export const rolesOf = (rows: readonly Row[]): string[] => [
  ...new Set(rows.flatMap((row) => trimmed(row, 'ROLENAME') ?? [])),
];
