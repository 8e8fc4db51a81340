import { parseStatement, type Statement } from '../sql/index.js';
import type { OperatorsAt } from './operators.settings.js';

const PERSON = ['OPRID', 'USERIDALIAS', 'OPRDEFNDESC', 'EMPLID', 'EMAILID', 'OPRCLASS', 'ACCTLOCK', 'LASTPSWDCHANGE'];

const MATCH = {
  OPRID: { where: 'OPRID = :oprid', needs: ['oprid'] },
  USERIDALIAS: { where: 'USERIDALIAS = :alias', needs: ['alias'] },
  both: { where: 'OPRID = :oprid or USERIDALIAS = :alias', needs: ['oprid', 'alias'] },
} as const;

export interface Wanted {
  by: keyof typeof MATCH;
  /** Columns besides the person's, those of passwords for one: who does not check any reads none. */
  columns?: readonly string[];
}

export interface OperatorStatements {
  operator: Statement;
  roles: Statement;
  emails: Statement;
}

/** Over the views that docs/usersources/peoplesoft-database.md has the DBA make. Their names are checked by the schema. */
export function operatorStatements({ schema, views }: OperatorsAt, { by, columns = [] }: Wanted): OperatorStatements {
  const of = (view: string) => (schema === undefined ? view : `${schema}.${view}`);
  const { where, needs } = MATCH[by];
  const names = [...PERSON, ...columns].join(', ');
  return {
    operator: parseStatement(`select ${names} from ${of(views.operators)} where ${where}`, needs),
    roles: parseStatement(`select ROLENAME from ${of(views.roles)} where ROLEUSER = :oprid`, ['oprid']),
    emails: parseStatement(`select EMAILID, PRIMARY_EMAIL from ${of(views.emails)} where OPRID = :oprid`, ['oprid']),
  };
}
