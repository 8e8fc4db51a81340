import { Refusal } from '@passbroker/model';
import { trimmed, type Row } from '../sql/index.js';

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
  // Read for nothing but their presence: a view without them would let everybody pass for unlocked.
  for (const column of ['ACCTLOCK', 'ENCRYPTED', 'OPERPSWDSALT', 'PTOPERPSWDV2', 'OPERPSWD']) trimmed(row, column);
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

/** PSUSEREMAIL's primary address, if it has one that is one only; else PSOPRDEFN's. Never the key to anything. */
export function emailOf(operator: Operator, rows: readonly Row[]): string | undefined {
  const primary = rows.filter((row) => trimmed(row, 'PRIMARY_EMAIL')?.toUpperCase() === 'Y');
  const [row, ...others] = primary;
  return (row && others.length === 0 ? trimmed(row, 'EMAILID') : undefined) ?? operator.email;
}

export const rolesOf = (rows: readonly Row[]): string[] => [
  ...new Set(rows.flatMap((row) => trimmed(row, 'ROLENAME') ?? [])),
];
