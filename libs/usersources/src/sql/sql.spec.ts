import { Refusal } from '@passbroker/model';
import { cell, flag, list, trimmed } from './cells.js';
import { bound, parseStatement, UnreadableStatement } from './named-parameters.js';
import { LIMITS, type Session } from './session.js';
import { SessionPool } from './session-pool.js';
import { SqlDatabase } from './sql-database.js';
import { refusalOf } from './trouble.js';
import { isPlainName, isSameName } from './typed.js';

const LITTLE = { ...LIMITS, connections: 2, waiting: 2, waitMs: 50, answerMs: 80, idleMs: 40 };

/** Sessions that do what they are told, and count. */
function world(read: Session['read'] = async () => []) {
  const counts = { opened: 0, closed: 0 };
  const lost: (() => void)[] = [];
  const pool = new SessionPool(async () => {
    counts.opened += 1;
    return { read, close: () => void (counts.closed += 1), onLost: (tell) => void lost.push(tell) };
  }, LITTLE);
  const ask = () => pool.use((session) => session.read(parseStatement('select 1', []), {}));
  return { ask, counts, lost, pool };
}
const after = (ms: number) => new Promise<never[]>((resolve) => setTimeout(() => resolve([]), ms));

describe('a pool of sessions', () => {
  it('uses one again, and a new one after it was lost or has been idle for long', async () => {
    const { ask, counts, lost } = world();
    await ask();
    await ask();
    expect(counts).toEqual({ opened: 1, closed: 0 });
    lost[0]?.();
    await ask();
    expect(counts.opened).toBe(2);
    await after(100);
    expect(counts.closed).toBe(1);
    await ask();
    expect(counts.opened).toBe(3);
  });

  it('opens no more than it may, and tells those who wait too long or are too many (SQL-015)', async () => {
    const { ask, counts } = world(() => after(70));
    const results = await Promise.allSettled(Array.from({ length: 6 }, ask));
    expect(counts.opened).toBe(2);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(4);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'usersource.busy' });
    await expect(ask()).resolves.toEqual([]);
  });

  it('gives a session that is late or failed to nobody else', async () => {
    let slow = true;
    const { ask, counts } = world(() => (slow ? after(500) : after(0)));
    await expect(ask()).rejects.toMatchObject({ code: 'usersource.unreachable' });
    slow = false;
    await ask();
    expect(counts).toEqual({ opened: 2, closed: 1 });
  });

  it('loses no place to a connection that could not be made', async () => {
    let down = true;
    const pool = new SessionPool(async () => {
      if (down) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
      return { read: async () => [], close: () => undefined, onLost: () => undefined };
    }, LITTLE);
    for (let i = 0; i < 5; i += 1)
      await expect(pool.use(async () => 1)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    down = false;
    await expect(Promise.all([1, 2].map((n) => pool.use(async () => n)))).resolves.toEqual([1, 2]);
  });
});

describe('a statement with named parameters', () => {
  it('keeps text and values apart for every driver', () => {
    const statement = parseStatement("select a::text, ':x' from t where a = :name or b=:name and c > :subject;", [
      'name',
      'subject',
    ]);
    const values = { name: "x' --", subject: '7' };
    expect(bound(statement, values, (index) => `$${index + 1}`)).toEqual({
      text: "select a::text, ':x' from t where a = $1 or b=$2 and c > $3",
      values: ["x' --", "x' --", '7'],
    });
    expect(bound(statement, values, () => '?').text).toContain('a = ? or b=? and c > ?');
  });

  it.each([
    'delete from people where login = :username',
    'select 1 where 1 = :username; drop table people',
    'select 1 where 1 = :username -- comment',
    'select 1 /* :username */',
    'select 1 # :username',
    'select :username into outfile "/tmp/x"',
    "select 'a\\' or :username",
    'select $$ :username $$',
    "select 'open :username",
    'select 1 where a = :other',
    "select ':username'",
    '',
  ])('is refused: %s', (sql) => {
    expect(() => parseStatement(sql, ['username'])).toThrow(UnreadableStatement);
  });
});

describe('names that people type', () => {
  it.each(['admin ', ' admin', 'a\u0000b', 'a\u200bb', 'a\u202eb', 'a\nb', '\ud800'])('refuses %j', (name) => {
    expect(isPlainName(name)).toBe(false);
  });

  it('are compared letter by letter, in lower case where the rule says so', () => {
    expect(isPlainName('José O’Brien')).toBe(true);
    expect([isSameName('a', 'a', 'exact'), isSameName('A', 'a', 'exact'), isSameName('A', 'a', 'fold')]).toEqual([
      true,
      false,
      true,
    ]);
    expect(isSameName('jose\u0301', 'josé', 'fold')).toBe(true);
    expect(isSameName('jose', 'josé', 'fold')).toBe(false);
    expect(isSameName('a', undefined, 'fold')).toBe(false);
  });
});

describe('cells', () => {
  it('are text, whatever the driver made of them, by names in any case', () => {
    const row = { ID: 7n, Flag: Buffer.from([1]), pad: 'x   ', blank: ' ', none: null, bytes: Buffer.from('abc') };
    expect(['id', 'flag', 'pad', 'none', 'bytes'].map((column) => cell(row, column))).toEqual([
      '7',
      '1',
      'x   ',
      undefined,
      'abc',
    ]);
    expect([trimmed(row, 'PAD'), trimmed(row, 'blank')]).toEqual(['x', undefined]);
    expect(() => cell(row, 'missing')).toThrow(Refusal);
    expect(() => cell({ a: 1, A: 2 }, 'a')).toThrow(Refusal);
  });

  it('say yes, no, or nothing to build on', () => {
    expect(['1', 'Y', true, 't'].map((value) => flag({ f: value }, 'f'))).toEqual([true, true, true, true]);
    expect(['0', 'N', false, null, ' '].map((value) => flag({ f: value }, 'f'))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    for (const value of ['2', 'X', 'null']) expect(() => flag({ f: value }, 'f')).toThrow(Refusal);
  });

  it('hold lists in three ways', () => {
    expect(list({ g: ['a', 'b'] }, 'g')).toEqual(['a', 'b']);
    expect(list({ g: '["a, b","c"]' }, 'g')).toEqual(['a, b', 'c']);
    expect(list({ g: 'a, b,,a' }, 'g')).toEqual(['a', 'b']);
    expect(list({ g: null }, 'g')).toEqual([]);
    expect(() => list({ g: '[1]' }, 'g')).toThrow(Refusal);
  });
});

describe('a driver’s complaint', () => {
  it('is told without the values it may quote', () => {
    const conversion = Object.assign(new Error('invalid input syntax for type integer: "$2y$canary"'), {
      code: '22P02',
    });
    expect(refusalOf(conversion).detail).toBe('the database answers: 22P02');
    const strange = Object.assign(new Error("Conversion failed for 'canary'"), { code: 'EREQUEST', number: 245 });
    expect(refusalOf(strange).detail).toBe('the database answers: EREQUEST 245');
    const missing = Object.assign(new Error('relation "people" does not exist'), { code: '42P01' });
    expect(refusalOf(missing)).toMatchObject({ code: 'usersource.misconfigured' });
    expect(refusalOf(missing).detail).toContain('people');
  });
});

/** No server of these was there to try: that the packages are as we call them, and give up in time, is what can be shown. */
describe.each(['sqlserver', 'oracle'] as const)('%s, by its optional package', (dialect) => {
  it.each(['verify', 'off'] as const)(
    'is unreachable where nobody listens (tls %s)',
    async (tls) => {
      const database = new SqlDatabase(
        {
          ...{
            dialect,
            host: 'localhost',
            port: 1,
            database: 'people',
            user: 'reader',
            password: 'canary-password',
            tls,
          },
        },
        () => true,
      );
      const since = performance.now();
      const rows = database.rows(parseStatement('select 1', []), {});
      await expect(rows).rejects.toMatchObject({
        code: 'usersource.unreachable',
        detail: expect.stringMatching(/^the database answers: (ESOCKET|NJS-503)(?!.*canary)/),
      });
      expect(performance.now() - since).toBeLessThan(6_000);
    },
    15_000,
  );
});
