import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { refusalOf } from '../test/refusal.js';
import { encrypt, JANE, KEYS, NOW, queryOf, sent, signatureOf, signed, tokenOf } from '../test/script.js';
import { VECTORS, vector } from '../test/vectors.js';
import { readMultipass, type ReadOptions } from './read-multipass.js';
import { writeMultipass } from './write-multipass.js';

const read = (query: string, options?: ReadOptions) => readMultipass(query, KEYS, NOW, options);
const codeOf = (query: string, options?: ReadOptions) => refusalOf(() => read(query, options)).code;

const token = tokenOf(JANE);
const text = token.toString('base64');
const signature = signatureOf(text);

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}

it('reads the message that all these attacks begin with', () => {
  expect(read(queryOf(text, signature)).uid).toBe('u-1001');
});

it('MULTIPASS-001: refuses a signature that is wrong by any one bit', () => {
  const bytes = Buffer.from(signature, 'base64');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    expect(codeOf(queryOf(text, flipped(bytes, bit).toString('base64')))).toBe('multipass.signature');
  }
});

it('MULTIPASS-001: refuses a signature written with other left-over bits', () => {
  const last = signature.at(-2) ?? '';
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const sibling = alphabet[alphabet.indexOf(last) + 1] ?? '';
  const rewritten = `${signature.slice(0, -2)}${sibling}=`;
  expect(Buffer.from(rewritten, 'base64')).toEqual(Buffer.from(signature, 'base64'));
  expect(codeOf(queryOf(text, rewritten))).toBe('multipass.signature');
});

describe('MULTIPASS-002: the signature is checked before anything is decrypted', () => {
  it('gives one answer for a bad signature, whatever the token would decrypt to', () => {
    const other = signatureOf('another text');
    const tokens = [
      token,
      encrypt('no JSON', Buffer.alloc(16)),
      tokenOf({ ...JANE, expires: '2001-01-01T00:00:00Z' }),
      tokenOf(JANE, { ...KEYS, siteKey: 'other' }),
      Buffer.alloc(48),
      Buffer.alloc(5),
    ];
    const refusals = tokens.map((bytes) => refusalOf(() => read(queryOf(bytes.toString('base64'), other))));
    expect(new Set(refusals.map(({ message }) => message)).size).toBe(1);
    expect(refusals[0]?.code).toBe('multipass.signature');
    // Control: with good signatures the same tokens are told apart, inwardly.
    const codes = tokens.slice(1).map((bytes) => codeOf(signed(bytes)));
    expect(new Set(codes)).toEqual(new Set(['multipass.decryption', 'multipass.expired']));
  });

  it('checks a signature that is there even where unsigned tokens are allowed', () => {
    const unsigned = vector('desk-node-2011-unsigned').query;
    expect(read(unsigned, { allowUnsigned: true }).uid).toBe('u-1001');
    expect(codeOf(`${unsigned}&signature=`, { allowUnsigned: true })).toBe('multipass.signature');
    expect(codeOf(`${unsigned}&signature=${'A'.repeat(27)}`, { allowUnsigned: true })).toBe('multipass.signature');
  });
});

describe('MULTIPASS-003: there is no padding oracle', () => {
  const flips = (bytes: Buffer, visit: (query: string) => void) => {
    for (let position = 0; position < 16; position += 1) {
      for (let value = 1; value < 256; value += 1) {
        const copy = Buffer.from(bytes);
        const at = copy.length - 32 + position;
        copy.writeUInt8(copy.readUInt8(at) ^ value, at);
        visit(copy.toString('base64'));
      }
    }
  };

  it('answers all alterations of a signed token alike', () => {
    const answers = new Set<string>();
    flips(token, (altered) => answers.add(refusalOf(() => read(queryOf(altered, signature))).message));
    expect([...answers]).toEqual([expect.stringMatching(/^multipass\.signature: /)]);
  });

  it('answers all alterations alike to somebody who can sign, and of unsigned tokens', () => {
    const answers = new Set<string>();
    flips(token, (altered) => answers.add(refusalOf(() => read(queryOf(altered, signatureOf(altered)))).message));
    expect([...answers]).toEqual([expect.stringMatching(/^multipass\.decryption: /)]);

    const bare = encrypt(JSON.stringify(JANE), Buffer.alloc(16));
    const query = (altered: string) => `multipass=${encodeURIComponent(altered)}`;
    expect(read(query(bare.toString('base64')), { allowUnsigned: true }).uid).toBe('u-1001');
    answers.clear();
    flips(bare, (altered) => answers.add(refusalOf(() => read(query(altered), { allowUnsigned: true })).message));
    expect([...answers]).toEqual([expect.stringMatching(/^multipass\.decryption: /)]);
  });
});

describe('MULTIPASS-004: signatures of other lengths and kinds', () => {
  const mac = (algorithm: string) => createHmac(algorithm, KEYS.apiKey).update(text);
  it.each([
    ['one byte', 'AA=='],
    ['19 bytes', Buffer.from(signature, 'base64').subarray(0, 19).toString('base64')],
    ['21 bytes', Buffer.concat([Buffer.from(signature, 'base64'), Buffer.alloc(1)]).toString('base64')],
    ['hexadecimal', mac('sha1').digest('hex')],
    ['Base64 of hexadecimal', Buffer.from(mac('sha1').digest('hex')).toString('base64')],
    ['HMAC-SHA256', mac('sha256').digest('base64')],
    ['HMAC-SHA256 cut to 20 bytes', mac('sha256').digest().subarray(0, 20).toString('base64')],
    ['not Base64', '!'.repeat(28)],
    ['three equals signs', `${signature}==`],
    ['another key', createHmac('sha1', 'another').update(text).digest('base64')],
    ['no key', createHmac('sha1', '').update(text).digest('base64')],
  ])('are refused: %s', (_kind, given) => {
    expect(codeOf(queryOf(text, given))).toBe('multipass.signature');
  });

  it('are explained to the admin', () => {
    const detail = refusalOf(() => read(queryOf(text, mac('sha1').digest('hex')))).detail;
    expect(detail).toMatch(/^Multipass Signature Verification Failed: .*hexadecimal/);
  });

  it('cannot be made by an empty key, because that is refused', () => {
    const keys = { ...KEYS, apiKey: '' };
    expect(refusalOf(() => readMultipass(sent(JANE, keys), keys, NOW)).code).toBe('usersource.misconfigured');
  });
});

describe('MULTIPASS-005: parameters that are absent, empty, doubled or arrays', () => {
  const query = queryOf(text, signature);
  const [m, s] = query.split('&');
  it.each([
    [`${m}`, 'multipass.signature'],
    [`${m}&signature`, 'multipass.signature'],
    [`${m}&signature=`, 'multipass.signature'],
    [`${m}&signature[]=x`, 'multipass.signature'],
    [`${m}&signature%5B%5D=x`, 'multipass.signature'],
    [`${m}&signature[0]=x&${s}`, 'multipass.signature'],
    [`${m}&${s}&${s}`, 'multipass.signature'],
    [`${m}&${s}&%73ignature=x`, 'multipass.signature'],
    [`${m}&${s}&signature`, 'multipass.signature'],
    [`${m}&signature=%E0%A4`, 'multipass.signature'],
    [`${s}`, 'multipass.invalid_data'],
    [`${s}&multipass=`, 'multipass.invalid_data'],
    [`${s}&multipass[]=x`, 'multipass.invalid_data'],
    [`${query}&${m}`, 'multipass.invalid_data'],
    [`${query}&mult%69pass=x`, 'multipass.invalid_data'],
    [`${s}&multipass=%zz`, 'multipass.invalid_data'],
    [`${query}&x=${'x'.repeat(8192)}`, 'multipass.invalid_data'],
    ['', 'multipass.invalid_data'],
    ['?&&&=&==&', 'multipass.invalid_data'],
  ])('are refused: %.40s…', (altered, code) => {
    expect(codeOf(altered)).toBe(code);
  });

  it('are refused when percent-encoded twice', () => {
    expect(codeOf(queryOf(encodeURIComponent(text), signature))).toBe('multipass.signature');
    const twice = encodeURIComponent(text);
    expect(codeOf(queryOf(twice, signatureOf(twice)))).toBe('multipass.decryption');
  });
});

describe('MULTIPASS-006: altering the IV alters the uid', () => {
  const victim = Buffer.from(token);
  const at = JSON.stringify(JANE).indexOf('1001');
  victim.writeUInt8(victim.readUInt8(at) ^ 1, at);
  const altered = victim.toString('base64');

  it('is refused, because the signature covers IV and ciphertext', () => {
    expect(read(queryOf(altered, signatureOf(altered))).uid).toBe('u-0001');
    expect(codeOf(queryOf(altered, signature))).toBe('multipass.signature');
  });

  it('is refused without a signature too: an IV in front is not read then', () => {
    expect(codeOf(`multipass=${encodeURIComponent(altered)}`, { allowUnsigned: true })).toBe('multipass.decryption');
    const bare = encrypt(JSON.stringify(JANE), Buffer.alloc(16));
    const iv = Buffer.alloc(16);
    iv.writeUInt8(1, at);
    const edited = Buffer.concat([iv, bare]);
    expect(read(signed(edited)).uid).toBe('u-0001');
    expect(codeOf(`multipass=${edited.toString('base64url')}`, { allowUnsigned: true })).toBe('multipass.decryption');
  });
});

describe('MULTIPASS-008: expiry dates', () => {
  it('must be there, in the future, in a known format, and within the limit if one is set', () => {
    const until = (expires: unknown) => sent({ ...JANE, expires });
    expect(read(until('2030-01-01T00:10:00Z'), { maxLifetimeSec: 900 }).uid).toBe('u-1001');
    expect(codeOf(until('2040-01-01T00:00:00Z'), { maxLifetimeSec: 900 })).toBe('multipass.too_long_lived');
    expect(codeOf(until('2029-12-31T23:59:59Z'))).toBe('multipass.expired');
    expect(codeOf(until(undefined))).toBe('multipass.invalid_data');
    expect(codeOf(until('Tue, 01 Jan 2030 00:10:00 GMT'))).toBe('multipass.invalid_data');
    // Without a zone it is UTC, as Python's scripts mean it.
    expect(read(until('2030-01-01T00:10:00')).expires).toEqual(new Date('2030-01-01T00:10:00Z'));
  });
});

it('MULTIPASS-010: refuses a token of another site, whether or not the sites share an API key', () => {
  const tenant = { ...KEYS, siteKey: 'globex' };
  expect(readMultipass(sent(JANE, tenant), tenant, NOW).uid).toBe('u-1001');
  const refusal = refusalOf(() => read(sent(JANE, tenant)));
  expect(refusal.code).toBe('multipass.decryption');
  expect(refusal.detail).toMatch(/^Multipass Token Decryption Failure: .*"acme" exactly/);
  expect(codeOf(sent(JANE, { ...tenant, apiKey: 'another' }))).toBe('multipass.signature');
});

it('MULTIPASS-012: reads no member that is not on the list', () => {
  const login = read(
    sent({ ...JANE, role: 'admin', admin: true, tags: ['vip'], customer_id: 1, customer_customX: 'x' }),
  );
  expect(Object.keys(login).sort()).toEqual(['custom', 'dialect', 'email', 'expires', 'name', 'replayKey', 'uid']);
  expect(login.custom).toEqual({});
});

describe('MULTIPASS-013: repeated names and __proto__', () => {
  const json = JSON.stringify(JANE);
  it.each(['{"uid":"a",', '{"\\u0075id":"a",', '{"x":{"y":1,"y":2},'])('are refused: %s', (start) => {
    expect(codeOf(sent(json.replace('{', start)))).toBe('multipass.invalid_data');
  });

  it('cannot reach any prototype', () => {
    const polluting =
      '{"__proto__":{"uid":"x","admin":true},"constructor":{"prototype":{"admin":true}},"customer_custom___proto__":"x",';
    const login = read(sent(json.replace('{', polluting)));
    expect(login.uid).toBe('u-1001');
    expect(login.custom).toEqual({});
    expect(Object.getPrototypeOf(login.custom)).toBe(Object.prototype);
    expect('admin' in {}).toBe(false);
    const without = json.replace('"uid":"u-1001",', '"__proto__":{"uid":"x"},');
    expect(codeOf(sent(without))).toBe('multipass.invalid_data');
  });
});

it('MULTIPASS-015: two passes minted at once do not look alike, unless a legacy dialect is named', () => {
  const claims = { uid: 'u-1001', email: 'jane.doe@example.com', name: 'Jane Doe' };
  const mint = () =>
    Buffer.from(new URLSearchParams(writeMultipass('desk', claims, KEYS, NOW)).get('multipass') ?? '', 'base64');
  const [first, second] = [mint(), mint()];
  expect(first.subarray(0, 16)).not.toEqual(second.subarray(0, 16));
  expect(first.subarray(16, 32)).not.toEqual(second.subarray(16, 32));
  const legacy = () => writeMultipass('legacy-desk-static-iv', claims, KEYS, NOW);
  expect(legacy()).toBe(legacy());
});

it('MULTIPASS-017: gives all encodings of one token one replay key', () => {
  const urlSafe = token.toString('base64url');
  const wrapped = `${text.replace(/.{60}/g, '$&\n')}\n`;
  const encodings = [text, urlSafe, wrapped, `${urlSafe}==`, text.replace('+', '-')];
  const keys = encodings.map((encoding) => read(queryOf(encoding, signatureOf(encoding))).replayKey);
  keys.push(read(queryOf(text, `${signature}\n`)).replayKey);
  keys.push(read(queryOf(text, signature).replaceAll('%2B', '+')).replayKey);
  expect(new Set(keys).size).toBe(1);
  // Legacy tokens have no IV to tell them apart: the same JSON is the same login.
  const legacy = () => read(signed(encrypt(JSON.stringify(JANE), Buffer.alloc(16)))).replayKey;
  expect(legacy()).toBe(legacy());
  // Tabs that a browser restores together: tokens of one second, but each made and signed by the script.
  const minted = () =>
    read(writeMultipass('desk', { uid: 'u-1001', email: 'jane@example.com', name: 'Jane' }, KEYS, NOW));
  expect(minted().replayKey).not.toBe(minted().replayKey);
  expect(read(sent({ ...JANE, uid: 'u-1002' })).replayKey).not.toBe(keys[0]);
});

describe('two IV rules', () => {
  it('are both tried, and a token that fits both is refused', () => {
    const both = encrypt(`${' '.repeat(16)}${JSON.stringify(JANE)}`, Buffer.alloc(16));
    expect(codeOf(signed(both))).toBe('multipass.decryption');
    const one = encrypt(`${' '.repeat(15)}${JSON.stringify(JANE)}`, Buffer.alloc(16));
    expect(read(signed(one)).uid).toBe('u-1001');
  });

  it('want one whole JSON object, padded, in UTF-8', () => {
    const zero = Buffer.alloc(16);
    const raw = (plaintext: Buffer | string) => codeOf(signed(encrypt(plaintext, zero)));
    expect(raw(`${JSON.stringify(JANE)}{}`)).toBe('multipass.decryption');
    expect(raw(JSON.stringify(JANE).slice(1))).toBe('multipass.decryption');
    expect(raw(Buffer.from(JSON.stringify({ ...JANE, customer_name: 'Zoë' }), 'latin1'))).toBe('multipass.decryption');
    expect(raw('')).toBe('multipass.decryption');
    expect(codeOf(sent('null'))).toBe('multipass.invalid_data');
    // A plaintext of whole blocks whose padding block was cut off.
    const json = JSON.stringify(JANE);
    const whole = tokenOf(json.padEnd(Math.ceil(json.length / 16) * 16));
    expect(read(signed(whole)).uid).toBe('u-1001');
    expect(codeOf(signed(whole.subarray(0, -16)))).toBe('multipass.decryption');
  });
});

describe('for every input', () => {
  it('no altered bit of any client’s token or signature is ever accepted', () => {
    for (const { query, now, siteKey, apiKey, expect: expected } of VECTORS.desk) {
      if (!('claims' in expected)) continue;
      const [carried = '', mac = ''] = query
        .split('&')
        .map((pair) => decodeURIComponent(pair.slice(pair.indexOf('=') + 1)));
      const whole = Buffer.from(carried + mac);
      for (let bit = 0; bit < whole.length * 8; bit += 1) {
        const altered = flipped(whole, bit).toString('latin1');
        const attempt = () =>
          readMultipass(
            queryOf(altered.slice(0, carried.length), altered.slice(carried.length)),
            { siteKey, apiKey },
            now,
          );
        expect(refusalOf(attempt).code).toBe('multipass.signature');
      }
    }
  });

  it('no altered bit of the query itself is accepted, unless it is another spelling of the same parameters', () => {
    const query = vector('desk-ruby-2013').query;
    const parameters = (raw: string) => [...new URLSearchParams(raw)].map(String).sort().join();
    for (let bit = 0; bit < query.length * 8; bit += 1) {
      const altered = flipped(Buffer.from(query), bit).toString('latin1');
      try {
        read(altered);
      } catch (error) {
        expect(error).toHaveProperty('name', 'Refusal');
        continue;
      }
      expect(parameters(altered)).toBe(parameters(query));
    }
  });

  const queries = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ maxLength: 300 }).map((value) => `multipass=${value}&signature=${value}`),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => signed(Buffer.from(bytes))),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => signed(encrypt(Buffer.from(bytes), Buffer.alloc(16)))),
    fc.jsonValue().map((json) => sent(JSON.stringify(json))),
    fc
      .record({ uid: fc.jsonValue(), expires: fc.jsonValue(), customer_email: fc.jsonValue(), to: fc.jsonValue() })
      .map(sent),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => `sso=${Buffer.from(bytes).toString('base64url')}`),
  );

  it('nothing but a Refusal is thrown at rubbish', () => {
    const options: ReadOptions[] = [{}, { allowUnsigned: true }, { dialect: 'tender', allowUnsigned: true }];
    fc.assert(
      fc.property(queries, fc.constantFrom(...options), (query, chosen) => {
        const refusal = refusalOf(() => read(query, chosen));
        expect(refusal.code).toMatch(/^multipass\.(signature|decryption|invalid_data)$/);
      }),
      { numRuns: 3000 },
    );
  });

  it('no detail tells anything of the token, the plaintext or the key', () => {
    const secret = 'Sup3rSecret';
    const attempts = [
      sent({ ...JANE, uid: { [secret]: secret } }),
      sent({ ...JANE, expires: secret }),
      sent({ ...JANE, customer_email: secret }),
      sent(`{"${secret}":1,"${secret}":2}`),
      sent(secret),
      queryOf(secret, secret),
      queryOf(text, secret),
      `multipass=${secret}&multipass=${secret}`,
    ];
    for (const query of attempts) {
      const { message, cause } = refusalOf(() => read(query));
      expect(message).not.toContain(secret);
      expect(message).not.toContain(KEYS.apiKey);
      expect(cause).toBeUndefined();
    }
  });
});
