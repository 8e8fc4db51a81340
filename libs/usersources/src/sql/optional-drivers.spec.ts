import { jest } from '@jest/globals';
import type { Connection } from './connection.settings.js';
import { parseStatement } from './named-parameters.js';

const told: unknown[][] = [];
const tell =
  (name: string, answer?: unknown) =>
  async (...values: unknown[]): Promise<unknown> => {
    told.push([name, ...values]);
    return answer;
  };

class Pool {
  connect = tell('connect');
  close = tell('close');
  on = tell('on');
  constructor(options: unknown) {
    told.push(['pool', options]);
  }
}
class Transaction {
  begin = tell('begin');
  rollback = tell('rollback');
}
class Request {
  input = (...values: unknown[]) => void told.push(['input', ...values]);
  query = tell('query', { recordset: [{ LOGIN: 'ann' }] });
}
const connection = {
  execute: tell('execute', { rows: [{ LOGIN: 'ann' }] }),
  rollback: tell('rollback'),
  close: tell('close'),
};

// By their documents: https://www.npmjs.com/package/mssql and https://node-oracledb.readthedocs.io
jest.unstable_mockModule('mssql', () => ({ default: { ConnectionPool: Pool, Transaction, Request } }), {
  virtual: true,
});
jest.unstable_mockModule('oracledb', () => ({ default: { getConnection: tell('getConnection', connection) } }));
const { openSqlServer } = await import('./sqlserver.session.js');
const { openOracle } = await import('./oracle.session.js');

const to: Connection = {
  ...{ dialect: 'oracle', host: 'db.acme.test', database: 'HRPRD', user: 'reader', password: 'secret' },
  ...{ tls: 'verify', ca: '-----BEGIN CERTIFICATE-----' },
};
const statement = parseStatement('select LOGIN from P where LOGIN = :username', ['username']);
const typed = { username: "ann' or 1=1 --" };
beforeEach(() => told.splice(0));

describe('SQL Server, as its package is told', () => {
  it('verifies the server, binds what was typed, and takes everything back', async () => {
    const session = await openSqlServer({ ...to, dialect: 'sqlserver' }, () => true);
    expect(told[0]).toMatchObject([
      'pool',
      {
        ...{ server: 'db.acme.test', port: 1433, database: 'HRPRD', user: 'reader', requestTimeout: 3_000 },
        options: { encrypt: true, trustServerCertificate: false, serverName: 'db.acme.test' },
      },
    ]);
    expect(await session.read(statement, typed)).toEqual([{ LOGIN: 'ann' }]);
    expect(told.slice(2)).toEqual([
      ['begin'],
      ['input', 'p0', typed.username],
      ['query', 'set rowcount 1001; select LOGIN from P where LOGIN = @p0'],
      ['rollback'],
    ]);
  });
});

describe('Oracle, as its package is told', () => {
  it('verifies the server, binds what was typed, and can only read', async () => {
    const session = await openOracle({ ...to, host: 'localhost' }, () => true);
    expect(told[0]).toMatchObject(['getConnection', { user: 'reader', password: 'secret', walletContent: to.ca }]);
    expect(JSON.stringify(told[0])).toMatch(
      /\(PROTOCOL=tcps\)\(HOST=localhost\)\(PORT=1521\).*\(SERVICE_NAME=HRPRD\).*\(SSL_SERVER_DN_MATCH=ON\)/,
    );
    expect(await session.read(statement, typed)).toEqual([{ LOGIN: 'ann' }]);
    expect(told.slice(1)).toMatchObject([
      ['execute', 'set transaction read only'],
      ['execute', 'select LOGIN from P where LOGIN = :p0', { p0: typed.username }, { maxRows: 1_001 }],
      ['rollback'],
    ]);
  });
});
