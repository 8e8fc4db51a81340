import { OPERATORS, operpswd } from './operators.js';

/** Role of the broker in the demo's database: reads three views, and nothing else anywhere. */
export const READER = 'acme_hr_reader';

/** As PeopleTools 8.55 has them, as far as they matter. What nobody filled in is a blank. */
const TABLES = `
create table PSOPRDEFN (OPRID char(30) primary key, USERIDALIAS varchar(70) not null, OPRDEFNDESC char(30) not null,
  EMPLID char(11) not null, EMAILID varchar(70) not null, OPRCLASS char(30) not null, OPERPSWD char(32) not null,
  OPERPSWDSALT varchar(64) not null, PTOPERPSWDV2 varchar(254) not null, ENCRYPTED smallint not null,
  ACCTLOCK smallint not null, LASTPSWDCHANGE date);
create table PSROLEDEFN (ROLENAME char(30) primary key, ROLESTATUS char(1) not null);
create table PSROLEUSER (ROLEUSER char(30) not null, ROLENAME char(30) not null, DYNAMIC_SW char(1) not null);
create table PSUSEREMAIL (OPRID char(30) not null, EMAILTYPE char(4) not null, EMAILID varchar(70) not null,
  PRIMARY_EMAIL char(1) not null);
insert into PSROLEDEFN values ('Employee', 'A'), ('HR Administrator', 'A');`;

/** To the letter what docs/usersources/peoplesoft-database.md has a DBA do. */
const VIEWS = `
create view PASSBROKER_OPR as
  select OPRID, USERIDALIAS, OPRDEFNDESC, EMPLID, EMAILID, OPRCLASS,
         OPERPSWD, OPERPSWDSALT, PTOPERPSWDV2, ENCRYPTED, ACCTLOCK, LASTPSWDCHANGE
  from PSOPRDEFN;
create view PASSBROKER_ROLE as
  select U.ROLEUSER, U.ROLENAME
  from PSROLEUSER U join PSROLEDEFN D on D.ROLENAME = U.ROLENAME
  where D.ROLESTATUS = 'A';
create view PASSBROKER_EMAIL as
  select OPRID, EMAILTYPE, EMAILID, PRIMARY_EMAIL
  from PSUSEREMAIL;
grant usage on schema public to ${READER};
grant select on PASSBROKER_OPR, PASSBROKER_ROLE, PASSBROKER_EMAIL to ${READER};`;

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** Run as one simple query, it is one transaction: there is a whole table of users or none. */
export function tablesAndPeople(): string {
  const people = OPERATORS.flatMap(({ oprid, name, emplid, email, hint, locked, roles }) => {
    const texts = [oprid, email, name, emplid, email, 'HCCPALL', operpswd(hint), ' ', ' '].map(quoted).join(', ');
    return [
      `insert into PSOPRDEFN values (${texts}, 1, ${locked ? 1 : 0}, current_date);`,
      `insert into PSUSEREMAIL values (${quoted(oprid)}, 'BUS', ${quoted(email)}, 'Y');`,
      ...roles.map((role) => `insert into PSROLEUSER values (${quoted(oprid)}, ${quoted(role)}, 'N');`),
    ];
  });
  return [TABLES, ...people, VIEWS].join('\n');
}
