import type { PeopleServer } from '@passbroker/testing';

/** hashcat's self-test of mode 133. */
export const HASHED = 'uXmFVrdBvv293L9kDR3VnRmx4ZM=';
export const OPERATOR_PASSWORD = 'hashcat';

interface OperatorRow {
  oprid: string;
  alias?: string;
  name?: string;
  emplid?: string;
  email?: string;
  class?: string;
  hash?: string;
  salt?: string;
  v2?: string;
  encrypted?: 0 | 1;
  locked?: 0 | 1;
  changed?: string;
}

const OPERATORS: readonly OperatorRow[] = [
  {
    oprid: 'JDOE',
    alias: 'jane.doe@corp.test',
    name: 'Jane Doe',
    emplid: 'KU0007',
    email: 'jane.old@corp.test',
    class: 'HCCPALL',
  },
  { oprid: 'RROE', name: 'Richard Roe' },
  { oprid: 'LOCKED', locked: 1 },
  { oprid: 'WAITING', hash: OPERATOR_PASSWORD, encrypted: 0 },
  { oprid: 'SALTED', hash: `{1}${HASHED}`, salt: 'c2FsdA==' },
  { oprid: 'EXPIRED', class: 'PSWDEXPR' },
  { oprid: 'STALE', changed: '2020-01-01' },
  { oprid: 'VP1' },
  { oprid: 'EMPTY', hash: ' ' },
  // Somebody's alias that is somebody else's OPRID.
  { oprid: 'TRICK', alias: 'VICTIM' },
  { oprid: 'VICTIM' },
];

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Tables as PeopleTools 8.55 has them, as far as they matter, and the views of docs/usersources/peoplesoft-database.md. */
export async function fillPeoplesoft(server: PeopleServer, ddl: string): Promise<void> {
  const rows = OPERATORS.map((row) =>
    [
      ...[row.oprid, row.alias ?? ' ', row.name ?? ' ', row.emplid ?? ' ', row.email ?? ' ', row.class ?? ' '].map(
        text,
      ),
      ...[row.hash ?? HASHED, row.salt ?? ' ', row.v2 ?? ' '].map(text),
      ...[row.encrypted ?? 1, row.locked ?? 0, text(row.changed ?? '2029-12-20')],
    ].join(', '),
  );
  await server.admin(
    `create table PSOPRDEFN (OPRID char(30) not null primary key, USERIDALIAS varchar(70) not null, OPRDEFNDESC char(30) not null,
       EMPLID char(11) not null, EMAILID varchar(70) not null, OPRCLASS char(30) not null, OPERPSWD char(32) not null,
       OPERPSWDSALT varchar(64) not null, PTOPERPSWDV2 varchar(254) not null, ENCRYPTED smallint not null, ACCTLOCK smallint not null,
       LASTPSWDCHANGE date);
     create table PSROLEUSER (ROLEUSER char(30) not null, ROLENAME char(30) not null, DYNAMIC_SW char(1) not null);
     create table PSROLEDEFN (ROLENAME char(30) not null, ROLESTATUS char(1) not null);
     create table PSUSEREMAIL (OPRID char(30) not null, EMAILTYPE char(4) not null, EMAILID varchar(70) not null, PRIMARY_EMAIL char(1) not null);
     insert into PSOPRDEFN values ${rows.map((row) => `(${row})`).join(', ')};
     insert into PSROLEDEFN values ('Employee', 'A'), ('Old role', 'I'), ('HR Admin', 'A');
     insert into PSROLEUSER values ('JDOE', 'Employee', 'N'), ('JDOE', 'HR Admin', 'Y'), ('JDOE', 'Old role', 'N'), ('RROE', 'Employee', 'N');
     insert into PSUSEREMAIL values ('JDOE', 'HOME', 'jane@home.test', 'N'), ('JDOE', 'BUS', 'jane@corp.test', 'Y');
     ${ddl}`,
  );
}
