import { parseStatement, type Statement } from '../sql/index.js';
import type { PeoplesoftDatabaseSettings } from './peoplesoft-database.settings.js';

const COLUMNS = [
  ...['OPRID', 'USERIDALIAS', 'OPRDEFNDESC', 'EMPLID', 'EMAILID', 'OPRCLASS'],
  ...['OPERPSWD', 'OPERPSWDSALT', 'PTOPERPSWDV2', 'ENCRYPTED', 'ACCTLOCK', 'LASTPSWDCHANGE'],
].join(', ');

const MATCH = {
  OPRID: { where: 'OPRID = :oprid', needs: ['oprid'] },
  USERIDALIAS: { where: 'USERIDALIAS = :alias', needs: ['alias'] },
  both: { where: 'OPRID = :oprid or USERIDALIAS = :alias', needs: ['oprid', 'alias'] },
} as const;

export interface OperatorStatements {
  operator: Statement;
  roles: Statement;
  emails: Statement;
}

/** Over the views that docs/usersources/peoplesoft-database.md has the DBA make. Their names are checked by the schema. */
export function operatorStatements({ schema, views, loginColumn }: PeoplesoftDatabaseSettings): OperatorStatements {
  const of = (view: string) => (schema === undefined ? view : `${schema}.${view}`);
  const { where, needs } = MATCH[loginColumn];
  return {
    operator: parseStatement(`select ${COLUMNS} from ${of(views.operators)} where ${where}`, needs),
    roles: parseStatement(`select ROLENAME from ${of(views.roles)} where ROLEUSER = :oprid`, ['oprid']),
    emails: parseStatement(`select EMAILID, PRIMARY_EMAIL from ${of(views.emails)} where OPRID = :oprid`, ['oprid']),
  };
}
