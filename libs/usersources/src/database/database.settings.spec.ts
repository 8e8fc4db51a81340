import { databaseSettings } from './database.settings.js';

const good = {
  ...{
    dialect: 'postgres',
    host: 'db.acme.test',
    database: 'shop',
    user: 'broker',
    password: 'secret',
    table: 'people',
  },
  columns: { subject: 'id', username: 'login', passwordHash: 'hash' },
};
const taken = (more: Record<string, unknown>) => databaseSettings.schema.safeParse({ ...good, ...more }).success;

describe('settings of a database', () => {
  it('need no more than a table and three columns', () => {
    expect(taken({})).toBe(true);
    expect(taken({ query: 'select * from people where login = :username', table: undefined })).toBe(true);
  });

  it.each([
    ['a table that is more than a name (SQL-003)', { table: 'people; drop table people' }],
    ['a quoted table', { table: '"people"' }],
    ['a column that is more than a name', { columns: { ...good.columns, email: "mail' or '1'='1" } }],
    [
      'an attribute’s column that is more than a name',
      { columns: { ...good.columns, attributes: { a: '(select 1)' } } },
    ],
    ['neither a table nor a query', { table: undefined }],
    ['both', { query: 'select * from people where login = :username' }],
    ['a query that binds nothing', { table: undefined, query: "select * from people where login = 'ann'" }],
    ['a query for groups with a name typed by people', { groupsQuery: 'select g from m where p = :username' }],
    ['a host that is a URL', { host: 'postgres://db.acme.test' }],
    ['a host with an option of its own', { host: 'db.acme.test)(PORT=1' }],
    ['a service name with an option of its own', { dialect: 'oracle', database: 'HR)(SECURITY=' }],
    ['an address whose certificate nobody can name (SQL-016)', { host: '10.0.0.1' }],
    ['e-mail to sign in by, without a column for it', { signInBy: ['email'] }],
    ['a template that is none', { hash: 'rot13({password})' }],
    ['a template with a pepper that is not said', { hash: 'md5({pepper}{password})' }],
    ['a file to read the password from', { password: undefined, passwordFile: '/etc/shadow' }],
    ['a setting that there is none of', { sslmode: 'disable' }],
  ])('refuse %s', (_what, more) => {
    expect(taken(more)).toBe(false);
  });

  it('take an address with the name in its certificate, and one without TLS', () => {
    expect(taken({ host: '10.0.0.1', tlsServerName: 'db.acme.test' })).toBe(true);
    expect(taken({ host: '10.0.0.1', tls: 'off' })).toBe(true);
  });

  it('seal the password and the pepper, and ask for them again when they would go elsewhere (ADM-007)', () => {
    expect(databaseSettings.secrets).toEqual(['password', 'pepper']);
    for (const name of ['host', 'port', 'tls', 'ca', 'tlsServerName', 'dialect', 'user']) {
      expect(databaseSettings.sendsSecretsTo).toContain(name);
    }
  });

  it('warn as long as TLS is off, hashes are fast, or the driver untried (SQL-016)', () => {
    const warnings = (more: Record<string, unknown>) => databaseSettings.warnings?.({ ...good, ...more }) ?? [];
    expect(warnings({})).toEqual([]);
    expect(warnings({ tls: 'off' })).toEqual([expect.stringMatching(/not encrypted/)]);
    expect(warnings({ hash: 'md5({password})' })).toEqual([expect.stringMatching(/keepStrongHash/)]);
    expect(warnings({ dialect: 'oracle' })).toEqual([expect.stringMatching(/never tried/)]);
  });
});
