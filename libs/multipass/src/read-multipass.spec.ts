import { describe, expect, it } from '@jest/globals';
import { refusalOf } from '../test/refusal.js';
import { encrypt, JANE, KEYS, NOW, queryOf, sent, signatureOf, signed, tokenOf } from '../test/script.js';
import { VECTORS, vector } from '../test/vectors.js';
import { readMultipass, type ReadOptions } from './read-multipass.js';

const read = (query: string, options?: ReadOptions) => readMultipass(query, KEYS, NOW, options);
const codeOf = (query: string, options?: ReadOptions) => refusalOf(() => read(query, options)).code;

describe('third-party clients', () => {
  it('are all here', () => {
    expect(VECTORS.desk).toHaveLength(37);
  });

  for (const { id, client, now, siteKey, apiKey, query, expect: expected } of VECTORS.desk) {
    const readVector = (options?: ReadOptions) => readMultipass(query, { siteKey, apiKey }, now, options);

    if ('claims' in expected) {
      it(`reads ${id} (${client})`, () => {
        const { replayKey, ...login } = readVector();
        expect(login).toEqual({ ...expected.claims, dialect: 'desk' });
        expect(replayKey).toMatch(/^[\w-]{43}$/);
      });
      it(`refuses ${id} once it has expired`, () => {
        const attempt = () => readMultipass(query, { siteKey, apiKey }, expected.claims.expires);
        expect(refusalOf(attempt).code).toBe('multipass.expired');
      });
    } else {
      it(`refuses ${id} with ${expected.refusal}`, () => {
        expect(refusalOf(() => readVector()).code).toBe(expected.refusal);
      });
    }
    if ('refusal' in expected && expected.claimsIfUnsignedAllowed) {
      const claims = expected.claimsIfUnsignedAllowed;
      it(`reads ${id} where unsigned tokens are allowed`, () => {
        expect(readVector({ allowUnsigned: true })).toMatchObject({ ...claims, dialect: 'desk-unsigned' });
      });
    }
  }
});

describe('tolerance', () => {
  const standard = vector('desk-php-openssl-2017').query;

  it('takes a plus sign that arrived as a plus sign or as a space', () => {
    expect(standard).toContain('%2B');
    expect(read(standard.replaceAll('%2B', '+')).uid).toBe('u-1001');
    expect(read(standard.replaceAll('%2B', '%20')).uid).toBe('u-1001');
  });

  it('takes any order, further parameters, and the leading question mark', () => {
    const [multipass, signature] = standard.split('&');
    expect(read(`?utm_source=mail&${signature}&flag&${multipass}&%zz=1`).uid).toBe('u-1001');
  });

  it.each(['', '=', '=='])('takes a token that ends in "%s", in both alphabets and a mix', (equals) => {
    const bare = tokenOf(JANE).toString('base64').replace(/=+$/, '');
    const mixed = bare.replace('+', '-').replace('/', '_');
    for (const text of [bare, mixed, bare.replaceAll('+', '-').replaceAll('/', '_')]) {
      expect(read(queryOf(text + equals, signatureOf(text + equals))).uid).toBe('u-1001');
    }
  });

  it('takes line ends of either kind and signs over them', () => {
    const wrapped = `${tokenOf(JANE).toString('base64').replace(/.{60}/g, '$&\r\n')}\r\n`;
    expect(read(queryOf(wrapped, `${signatureOf(wrapped)}\r\n`)).uid).toBe('u-1001');
    expect(codeOf(queryOf(wrapped.replaceAll('\r\n', ''), signatureOf(wrapped)))).toBe('multipass.signature');
  });

  it('takes padding applied twice, at every length', () => {
    for (let length = 0; length < 16; length += 1) {
      const json = Buffer.from(JSON.stringify({ ...JANE, customer_name: 'n'.repeat(length + 1) }));
      const extra = 16 - (json.length % 16);
      const iv = Buffer.alloc(16, 7);
      const twice = encrypt(Buffer.concat([json, Buffer.alloc(extra, extra)]), iv);
      expect(read(signed(Buffer.concat([iv, twice]))).name).toHaveLength(length + 1);
    }
  });

  it('takes a constant first block, as the Haskell library makes it', () => {
    const iv = Buffer.from('fedcba9876543210');
    expect(read(signed(encrypt(Buffer.concat([iv, Buffer.from(JSON.stringify(JANE))]), iv))).uid).toBe('u-1001');
  });

  it.each([
    [42, '42'],
    [0, '0'],
    [-7, '-7'],
    ['007', '007'],
  ])('reads uid %j as text', (uid, text) => {
    expect(read(sent({ ...JANE, uid })).uid).toBe(text);
  });

  it('keeps every digit of a long uid, so that two people do not become one', () => {
    const json = (uid: string) => JSON.stringify(JANE).replace('"u-1001"', uid);
    expect(read(sent(json('10000000000000001'))).uid).toBe('10000000000000001');
    expect(read(sent(json('10000000000000000'))).uid).toBe('10000000000000000');
  });

  it('turns custom fields into texts and leaves out what is no scalar', () => {
    const custom = { note: '', age: 41, vip: true, none: null, list: [1] };
    const prefixed = Object.fromEntries(
      Object.entries(custom).map(([key, value]) => [`customer_custom_${key}`, value]),
    );
    expect(read(sent({ ...JANE, ...prefixed })).custom).toEqual({ note: '', age: '41', vip: 'true' });
  });

  it('reads escapes, raw UTF-8, and a missing name as empty', () => {
    expect(read(sent({ ...JANE, customer_name: 'Zoë Ångström 🦊' })).name).toBe('Zoë Ångström 🦊');
    expect(read(sent(JSON.stringify(JANE).replace('Jane', 'Zo\\u00eb \\/'))).name).toBe('Zoë / Doe');
    expect(read(sent({ ...JANE, customer_name: null })).name).toBe('');
  });
});

describe('to', () => {
  it.each(['https://support.acme.example', 'http://a.example:8080/x?y=1#z', 'https://münchen.example/é'])(
    'is handed on when absolute: %s',
    (to) => {
      expect(read(sent({ ...JANE, to })).to).toBe(to);
    },
  );

  it.each([
    'javascript:alert(1)',
    '//evil.example/x',
    '/relative',
    'https:\\\\evil.example',
    'https://good.example\\@evil.example',
    'https://good.example@evil.example/',
    'https:/evil.example',
    'https://a.example/\nSet-Cookie: x',
    'data:text/html,x',
    ' https://a.example',
    'https://',
    '',
    null,
    7,
    ['https://a.example'],
  ])('is dropped, and the login still works: %j', (to) => {
    const login = read(sent({ ...JANE, to }));
    expect(login.uid).toBe('u-1001');
    expect(login).not.toHaveProperty('to');
  });
});

describe('what a token must hold', () => {
  it.each([
    ['uid', null],
    ['uid', ''],
    ['uid', '  '],
    ['uid', 1.5],
    ['uid', true],
    ['uid', ['a']],
    ['uid', { $ne: '' }],
    ['uid', 'a\u0000b'],
    ['uid', 'a\nb'],
    ['customer_email', null],
    ['customer_email', ''],
    ['customer_email', 'jane'],
    ['customer_email', 'jane@'],
    ['customer_email', 'jane@a.example, eve@b.example'],
    ['customer_email', 7],
    ['expires', null],
    ['expires', ''],
    ['expires', 1893456300],
    ['expires', '1893456300'],
    ['expires', 'next tuesday'],
  ])('is refused as invalid data: %s = %j', (name, value) => {
    expect(codeOf(sent({ ...JANE, [name]: value }))).toBe('multipass.invalid_data');
  });

  it('has a broken surrogate refused in a uid, for two of them are one in a database', () => {
    expect(codeOf(sent(JSON.stringify(JANE).replace('u-1001', '\\ud800')))).toBe('multipass.invalid_data');
  });

  it('is said to the admin who still has a script from before 2011', () => {
    const { detail } = refusalOf(() =>
      read(sent({ ...JANE, customer_email: undefined, email: 'jane.doe@example.com' })),
    );
    expect(detail).toContain('before May 2011');
  });
});

describe('lifetime', () => {
  const lasting = (seconds: number) =>
    sent({ ...JANE, expires: new Date(NOW.getTime() + seconds * 1000).toISOString() });

  it('ends at the very millisecond, unless a skew is granted', () => {
    expect(read(lasting(0.001)).uid).toBe('u-1001');
    expect(codeOf(lasting(0))).toBe('multipass.expired');
    expect(read(lasting(-59), { clockSkewSec: 60 }).uid).toBe('u-1001');
    expect(codeOf(lasting(-60), { clockSkewSec: 60 })).toBe('multipass.expired');
  });

  it('has no upper limit unless one is set', () => {
    expect(read(lasting(10 * 365 * 86_400)).uid).toBe('u-1001');
    expect(read(lasting(86_400), { maxLifetimeSec: 86_400 }).uid).toBe('u-1001');
    expect(codeOf(lasting(86_401), { maxLifetimeSec: 86_400 })).toBe('multipass.too_long_lived');
    expect(read(lasting(86_430), { maxLifetimeSec: 86_400, clockSkewSec: 60 }).uid).toBe('u-1001');
  });

  it('fails closed when the clock is broken', () => {
    expect(refusalOf(() => readMultipass(lasting(60), KEYS, new Date(Number.NaN))).code).toBe('multipass.expired');
  });
});

describe('the Tender dialect', () => {
  const person = { email: 'jane.doe@example.com', name: 'Jane Doe', expires: '2030-01-01T00:05:00Z' };
  const sso = (payload: object) => `sso=${encrypt(JSON.stringify(payload), Buffer.alloc(16)).toString('base64url')}`;
  const options: ReadOptions = { dialect: 'tender', allowUnsigned: true };

  it('is read under its own parameter, when both the dialect and unsigned tokens are asked for', () => {
    const query = sso({ ...person, unique_id: 'u-1001' });
    expect(read(query, options)).toMatchObject({ uid: 'u-1001', email: person.email, dialect: 'tender' });
    expect(codeOf(query, { dialect: 'tender' })).toBe('multipass.signature');
    expect(codeOf(query, { allowUnsigned: true })).toBe('multipass.invalid_data');
    expect(codeOf(query)).toBe('multipass.invalid_data');
  });

  it.each(['unique_id', 'guid', 'ssoId'])('knows the person by %s', (name) => {
    expect(read(sso({ ...person, [name]: 77 }), options).uid).toBe('77');
    expect(codeOf(sso(person), options)).toBe('multipass.invalid_data');
  });

  it('reads IdeaScale attributes as custom fields', () => {
    const attributes = { team: 'blue', size: 3 };
    expect(read(sso({ ...person, ssoId: 'u', attributes }), options).custom).toEqual({ team: 'blue', size: '3' });
  });

  it('never takes a missing expiry for "never"', () => {
    const forever = { guid: 'u', email: person.email };
    expect(codeOf(sso(forever), options)).toBe('multipass.invalid_data');
  });

  it('decrypts the published vector, which is no login', () => {
    const { token, plaintext, ...keys } = VECTORS.tender;
    const refusal = refusalOf(() => readMultipass(`sso=${token}`, keys, NOW, options));
    expect(refusal.code).toBe('multipass.invalid_data');
    expect(encrypt(plaintext, Buffer.alloc(16), keys).toString('base64url')).toBe(token);
  });
});
