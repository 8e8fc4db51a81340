import type { PeopleServer } from '@passbroker/testing';

/** One password in several schemes: hashcat's own vectors, named in `hash-vectors.ts`. */
export const HASHES = {
  bcrypt: '$2a$05$MBCzKhG1KhezLh.0LRa0Kuw12nLJtpHy6DIaU.JAnqJUDYspHC.Ou',
  ssha: '{SSHA}FLzWcQqyle6Mo7NvrwXCMAmRzXQxNjYxMTYzNw==',
  sha512: '$6$72820166$U4DVzpcYxgw7MVVDGGvB2/H5lRistD5.Ah4upwENR5UtffLR4X4SxSzfREv8z6wVl0jRFX40/KnYVvK4829kD1',
  md5: '8743b52063cd84097a65d1633f5c74f5',
} as const;
export const PASSWORD = 'hashcat';

const text = (value: string | null): string => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`);

interface Somebody {
  id: string;
  login: string;
  hash: string | null;
  email?: string;
  verified?: 0 | 1;
  name?: string;
  locked?: 0 | 1;
  department?: string;
}

export const PEOPLE: readonly Somebody[] = [
  {
    id: '1',
    login: 'ann',
    hash: HASHES.sha512,
    email: 'ann@corp.test',
    verified: 1,
    name: 'Ann Ähm',
    department: 'R&D',
  },
  { id: '2', login: 'bob', hash: HASHES.ssha, email: 'bob@corp.test', name: 'Bob' },
  { id: '3', login: 'cid', hash: HASHES.bcrypt, locked: 1 },
  { id: '4', login: 'dora', hash: HASHES.md5 },
  { id: '5', login: 'emil', hash: null },
  { id: '6', login: 'Fay', hash: HASHES.bcrypt, email: 'fay@corp.test' },
  // Two rows that a collation without case takes for one name.
  { id: '7', login: 'gus', hash: HASHES.bcrypt },
  { id: '8', login: 'GUS', hash: HASHES.sha512 },
  { id: '9', login: 'admin', hash: HASHES.bcrypt },
  { id: "x' or '1'='1", login: 'mallory', hash: HASHES.bcrypt },
  { id: '11', login: "o'brien", hash: HASHES.bcrypt },
  { id: '12', login: 'josé', hash: HASHES.bcrypt, email: 'jose@corp.test' },
  {
    id: '13',
    login: 'dear',
    hash: '$argon2id$v=19$m=4194304,t=3,p=1$FBMjI4RJBhIykCgol1KEJA$2ky5GAdhT1kH4kIgPN/oERE3Taiy43vNN70a3HpiKQU',
  },
];

export async function fillPeople(server: PeopleServer): Promise<void> {
  const rows = PEOPLE.map(
    ({ id, login, hash, email, verified, name, locked, department }) =>
      `(${text(id)}, ${text(login)}, ${text(hash)}, ${text(email ?? null)}, ${verified ?? 0}, ${text(name ?? null)}, ${locked ?? 0}, ${text(department ?? null)})`,
  );
  await server.admin(
    `create table people (id varchar(40) primary key, login varchar(80) not null, hash varchar(255), email varchar(120),
       email_ok smallint not null, full_name varchar(120), locked smallint not null, department varchar(80));
     create table memberships (person varchar(40), grp varchar(40));
     insert into people values ${rows.join(', ')};
     insert into memberships values ('1', 'staff'), ('1', 'editors'), ('2', 'staff'), ('9', 'admins')`,
  );
}

/** What most tests of it say about themselves. */
export const settingsFor = (server: PeopleServer): Record<string, unknown> => ({
  ...{ dialect: server.dialect, host: server.host, port: server.port, database: server.database },
  ...{ user: server.user, password: server.password, ca: server.tls.ca, tlsServerName: server.serverName },
  table: 'people',
  columns: {
    ...{ subject: 'id', username: 'login', passwordHash: 'hash', email: 'email', emailVerified: 'email_ok' },
    ...{ name: 'full_name', disabled: 'locked', attributes: { department: 'department' } },
  },
  groupsQuery: 'select grp from memberships where person = :subject order by grp',
});
