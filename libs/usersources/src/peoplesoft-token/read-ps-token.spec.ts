import fc from 'fast-check';
import { Refusal } from '@passbroker/model';
import { openEnvelope } from './envelope.js';
import { issueTime } from './issue-time.js';
import { inTime, psTokenMac, readPsToken } from './read-ps-token.js';
import { VECTORS, issueToken, wrapToken, written } from '../../test/ps-token.js';

const PASSWORD = 'V3ry-Long-Node-Password-0123456789';
const NODE = { name: 'PSFT_HR', password: PASSWORD };
const NODES = [NODE];
const NOW = new Date('2030-01-01T10:30:00Z');
const JANE = { userId: 'JANE', node: 'PSFT_HR', issued: written(NOW), password: PASSWORD };

const refusalOf = (read: () => unknown): string => {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
};
const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
};
const data = (hex: string) => Buffer.from(hex, 'hex');

describe('published PeopleSoft tokens', () => {
  it.each(VECTORS.valid.map((vector) => [vector.id, vector] as const))('%s is read', (_id, vector) => {
    const { token, node, nodePassword, userId, language, issued, byteOrder, macSha1Hex } = vector;
    const justThen = new Date(issueTime(issued, 'UTC').getTime() + 60_000);
    expect(openEnvelope(token).data.toString('hex')).toBe(vector.signedDataHex);
    expect(readPsToken(token, [{ name: node, password: nodePassword }], justThen)).toMatchObject({
      userId,
      language,
      node,
      issued,
      byteOrder,
      macSha1Hex,
    });
  });

  it.each(VECTORS.invalid.map((vector) => [vector.id, vector] as const))('%s is refused', (_id, vector) => {
    const justThen = issueTime(vector.issued, 'UTC');
    const read = (password: string) => readPsToken(vector.token, [{ name: vector.node, password }], justThen);
    expect(refusalOf(() => read(vector.nodePassword))).toBe('upstream.untrusted');
    expect(read('password').userId).toBe(vector.userId);
  });

  // KRB-016: lengths, byte orders, a bomb, a stretched field, an impossible date.
  it.each(VECTORS.malformed.map((vector) => [vector.id, vector] as const))('%s is refused', (_id, vector) => {
    const read = () => readPsToken(vector.token, [{ ...NODE, password: vector.nodePassword }], MADE);
    expect(refusalOf(read)).toMatch(/^upstream\./);
  });

  it.each(VECTORS.psTokenMac)(
    'hashcat’s own test of the signature holds',
    ({ nodePassword, macSha1Hex, signedDataHex }) => {
      expect(psTokenMac(data(signedDataHex), nodePassword).toString('hex')).toBe(macSha1Hex);
      expect(psTokenMac(data(signedDataHex), 'Hashcat').toString('hex')).not.toBe(macSha1Hex);
    },
  );

  it('the well-formed ones among the malformed are otherwise good', () => {
    const plain = VECTORS.valid.find(({ id }) => id === 'computed-plain');
    expect(readPsToken(plain?.token ?? '', NODES, MADE).userId).toBe('PSADMIN');
  });
});

const MADE = new Date('2026-01-15T10:31:00Z');

describe('a PeopleSoft token', () => {
  it('is read as its node wrote it', () => {
    expect(readPsToken(issueToken(JANE), NODES, NOW)).toMatchObject({
      userId: 'JANE',
      node: 'PSFT_HR',
      language: 'ENG',
      issuedAt: NOW,
      byteOrder: 'little',
    });
  });

  it('is refused when another trusted node has signed it (KRB-004)', () => {
    const nodes = [...NODES, { name: 'PSFT_FIN', password: 'another-very-long-node-password' }];
    const forged = issueToken({ ...JANE, password: 'another-very-long-node-password' });
    expect(refusalOf(() => readPsToken(forged, nodes, NOW))).toBe('upstream.untrusted');
    const own = issueToken({ ...JANE, node: 'PSFT_FIN', password: 'another-very-long-node-password' });
    expect(readPsToken(own, nodes, NOW).node).toBe('PSFT_FIN');
  });

  it('is refused alike for an unknown node and for a wrong signature', () => {
    const of = (more: Partial<typeof JANE>) => {
      try {
        return readPsToken(issueToken({ ...JANE, ...more }), NODES, NOW);
      } catch (error) {
        return error;
      }
    };
    expect(of({ node: 'PSFT_XX' })).toEqual(of({ password: 'guessed' }));
    expect(of({})).toMatchObject({ userId: 'JANE' });
  });

  it.each([
    [-61, 'upstream.untrusted'],
    [-60, 'read'],
    [0, 'read'],
    [300, 'read'],
    [301, 'upstream.untrusted'],
    [86_400, 'upstream.untrusted'],
  ])('%s seconds old: %s (KRB-015)', (seconds, result) => {
    const now = new Date(NOW.getTime() + seconds * 1_000);
    expect(refusalOf(() => readPsToken(issueToken(JANE), NODES, now))).toBe(result);
  });

  it('may live longer where its node says so', () => {
    const later = new Date(NOW.getTime() + 30 * 60_000);
    expect(refusalOf(() => readPsToken(issueToken(JANE), NODES, later))).toBe('upstream.untrusted');
    expect(readPsToken(issueToken(JANE), [{ ...NODE, maxAgeMinutes: 45 }], later).userId).toBe('JANE');
  });

  it('is read in the time zone of its issuer', () => {
    const inNewYork = issueToken({ ...JANE, issued: '2030-01-01-05.30.00.000000' });
    expect(readPsToken(inNewYork, NODES, NOW, { timeZone: 'America/New_York' }).issuedAt).toEqual(NOW);
    expect(refusalOf(() => readPsToken(inNewYork, NODES, NOW))).toBe('upstream.untrusted');
  });

  it('is refused from a big-endian issuer where none is expected', () => {
    const big = VECTORS.valid.find(({ byteOrder }) => byteOrder === 'big');
    const nodes = [{ name: big?.node ?? '', password: big?.nodePassword ?? '' }];
    const read = (byteOrder: 'little' | 'any') => () => readPsToken(big?.token ?? '', nodes, MADE, { byteOrder });
    expect(refusalOf(read('any'))).toBe('read');
    expect(refusalOf(read('little'))).toBe('upstream.malformed');
  });

  it.each([
    ['', 'an empty user id'],
    [' JANE', 'a blank in front'],
    ['JANE ', 'a blank behind'],
    ['JA\u0000NE', 'a NUL'],
    ['JA\nNE', 'a line break'],
    ['JA\u202eNE', 'a turned reading direction'],
    ['JA\ud800NE', 'half a character'],
    ['J'.repeat(31), 'more than its column holds'],
  ])('is refused with %j: %s', (userId) => {
    expect(refusalOf(() => readPsToken(issueToken({ ...JANE, userId }), NODES, NOW))).toBe('upstream.malformed');
    expect(readPsToken(issueToken({ ...JANE, userId: 'J'.repeat(30) }), NODES, NOW).userId).toHaveLength(30);
  });

  it('is refused with bytes behind its data, or data that were packed twice', () => {
    const { data: signed, mac } = openEnvelope(issueToken(JANE));
    expect(readPsToken(wrapToken(signed, mac), NODES, NOW).userId).toBe('JANE');
    const bytes = Buffer.from(wrapToken(signed, mac), 'base64');
    const longer = wrapToken(signed, mac, Buffer.concat([bytes.subarray(76), Buffer.from('x')]));
    expect(refusalOf(() => readPsToken(longer, NODES, NOW))).toBe('upstream.malformed');
  });

  it('has one spelling: no blanks, no URL alphabet, no missing padding', () => {
    const token = issueToken({ ...JANE, userId: 'JANE1' });
    for (const other of [` ${token}`, `${token}\n`, `${token}=`, token.replace(/=+$/, '').concat('!')]) {
      expect(refusalOf(() => readPsToken(other, NODES, NOW))).toBe('upstream.malformed');
    }
  });

  it('costs little however long it is', () => {
    expect(refusalOf(() => readPsToken('A'.repeat(1_000_000), NODES, NOW))).toBe('upstream.malformed');
  });
});

describe('fuzzed PeopleSoft tokens (KRB-016)', () => {
  const good = Buffer.from(issueToken(JANE), 'base64');

  it('are read or refused, and never anything else', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 700 }).map((raw) => Buffer.from(raw)),
      // Right up to where something else begins.
      fc
        .tuple(fc.nat(good.length), fc.uint8Array({ maxLength: 200 }))
        .map(([at, tail]) => Buffer.concat([good.subarray(0, at), Buffer.from(tail)])),
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map((changes) => {
        const changed = Buffer.from(good);
        for (const [at, value] of changes) changed[at] = value;
        return changed;
      }),
      // Well packed and signed, so that the fields are reached.
      fc.uint8Array({ maxLength: 235 }).map((raw) => {
        const fields = Buffer.concat([openEnvelope(good.toString('base64')).data.subarray(0, 20), Buffer.from(raw)]);
        fields.writeUInt32LE(fields.length);
        return Buffer.from(wrapToken(fields, psTokenMac(fields, PASSWORD)), 'base64');
      }),
    );
    fc.assert(
      fc.property(bytes, (raw) => {
        const token = raw.toString('base64');
        const result = refusalOf(() => inTime(token, NOW));
        expect(['upstream.malformed', 'upstream.untrusted', 'read']).toContain(result);
        const signed = refusalOf(() => readPsToken(token, NODES, NOW));
        expect(['upstream.malformed', 'upstream.untrusted', 'read']).toContain(signed);
      }),
      { numRuns: 4_000 },
    );
  });

  it('never name anybody else than the node did, whichever bit is turned', () => {
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const turned = Buffer.from(good);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      // Packing leaves a few bits open; they are not signed, say nothing, and make no second token of it.
      const result = attempt(() => readPsToken(turned.toString('base64'), NODES, NOW));
      if (result !== undefined) expect(result).toEqual(readPsToken(good.toString('base64'), NODES, NOW));
    }
    expect(readPsToken(good.toString('base64'), NODES, NOW).userId).toBe('JANE');
  });
});

describe('an issue time', () => {
  it.each([
    ['2030-02-29-10.00.00.000000'],
    ['2030-01-01-24.00.00.000000'],
    ['2030-01-01-10.60.00.000000'],
    ['2030-01-01 10.00.00.000000'],
    ['2030-1-1-10.00.00.000000'],
    ['2030-01-01-10.00.00.000'],
  ])('%s is none', (issued) => {
    expect(refusalOf(() => issueTime(issued, 'UTC'))).toBe('upstream.malformed');
  });

  it('counts the hour that comes twice as the earlier, and does not believe the one that never comes', () => {
    expect(issueTime('2030-11-03-01.30.00.000000', 'America/New_York').toISOString()).toBe('2030-11-03T05:30:00.000Z');
    expect(issueTime('2030-11-03-02.30.00.000000', 'America/New_York').toISOString()).toBe('2030-11-03T07:30:00.000Z');
    expect(refusalOf(() => issueTime('2030-03-10-02.30.00.000000', 'America/New_York'))).toBe('upstream.malformed');
    expect(issueTime('2030-07-01-12.00.00.250000', 'Asia/Kolkata').toISOString()).toBe('2030-07-01T06:30:00.250Z');
  });
});
