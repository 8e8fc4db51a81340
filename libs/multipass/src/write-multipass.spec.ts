import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { refusalOf } from '../test/refusal.js';
import { KEYS, NOW } from '../test/script.js';
import { vector } from '../test/vectors.js';
import { isWrittenDialect, weaknessOf, WRITTEN_DIALECTS } from './dialects.js';
import { readMultipass, type ReadOptions } from './read-multipass.js';
import { writeMultipass, type WrittenClaims } from './write-multipass.js';

const JANE = { uid: 'u-1001', email: 'jane.doe@example.com', name: 'Jane Doe' };
const dialects = WRITTEN_DIALECTS.filter(isWrittenDialect);

function reading(query: string): ReadOptions {
  if (query.startsWith('sso=')) return { dialect: 'tender', allowUnsigned: true };
  return { allowUnsigned: !query.includes('&signature=') };
}

/** Tender has no custom fields, IdeaScale no return address. */
function asCarried(dialect: string, { to, custom, ...person }: WrittenClaims): WrittenClaims {
  return {
    ...person,
    ...(dialect !== 'ideascale' && to !== undefined && { to }),
    custom: dialect === 'tender' ? {} : custom,
  };
}

describe('writeMultipass', () => {
  it.each(['desk-php-2013-mcrypt', 'desk-php-openssl-2017'])('writes exactly what %s wrote', (id) => {
    const { query, now } = vector(id);
    const iv = Buffer.from(new URLSearchParams(query).get('multipass') ?? '', 'base64').subarray(0, 16);
    expect(writeMultipass('desk', JANE, KEYS, now, { randomBytes: () => iv })).toBe(query);
  });

  it('writes exactly what the url-safe PHP script wrote', () => {
    const { query, now } = vector('desk-php-2013-urlsafe');
    const iv = Buffer.from(new URLSearchParams(query).get('multipass') ?? '', 'base64url').subarray(0, 16);
    expect(writeMultipass('desk-url-safe', JANE, KEYS, now, { randomBytes: () => iv })).toBe(query);
  });

  it.each([
    ['desk-php-2012-legacy-iv', {}],
    ['desk-php-2012-legacy-iv-eq', { custom: { note: 'xxxxx' } }],
  ])('writes exactly what %s wrote, when that legacy dialect is named', (id, more) => {
    const { query, now } = vector(id);
    expect(writeMultipass('legacy-desk-zero-iv-url-safe', { ...JANE, ...more }, KEYS, now)).toBe(query);
  });

  const claims = fc.record(
    {
      uid: fc.string({ minLength: 1, unit: 'grapheme' }).filter((uid) => uid.trim() !== ''),
      email: fc.constantFrom('jane.doe@example.com', 'zoë@münchen.example'),
      name: fc.string({ unit: 'grapheme' }),
      to: fc.webUrl({ withQueryParameters: true }),
      expires: fc.integer({ min: 1, max: 1e8 }).map((seconds) => new Date(NOW.getTime() + seconds * 1000)),
      custom: fc.dictionary(fc.stringMatching(/^[a-z]\w{0,9}$/), fc.string({ unit: 'grapheme' })),
    },
    { requiredKeys: ['uid', 'email', 'name', 'expires', 'custom'] },
  );

  it.each(dialects)('writes %s so that it reads back', (dialect) => {
    fc.assert(
      fc.property(claims, (person) => {
        const query = writeMultipass(dialect, person, KEYS, NOW);
        const { dialect: _dialect, replayKey: _replayKey, ...back } = readMultipass(query, KEYS, NOW, reading(query));
        expect(back).toEqual(asCarried(dialect, person));
      }),
      { numRuns: 200 },
    );
  });

  it('gives five minutes unless told otherwise', () => {
    const login = readMultipass(writeMultipass('desk', JANE, KEYS, NOW), KEYS, NOW);
    expect(login.expires).toEqual(new Date(NOW.getTime() + 300_000));
  });

  it('takes fresh randomness for every pass, in every dialect without a warning', () => {
    for (const dialect of dialects) {
      const two = new Set([1, 2].map(() => writeMultipass(dialect, JANE, KEYS, NOW)));
      expect(two.size).toBe(weaknessOf(dialect) === undefined ? 2 : 1);
    }
  });

  it('refuses to mint for nobody, or with an empty key', () => {
    expect(refusalOf(() => writeMultipass('desk', { ...JANE, uid: '' }, KEYS, NOW)).code).toBe(
      'multipass.invalid_data',
    );
    expect(refusalOf(() => writeMultipass('desk', { ...JANE, email: '' }, KEYS, NOW)).code).toBe(
      'multipass.invalid_data',
    );
    const emptied = () => writeMultipass('desk', JANE, { ...KEYS, apiKey: '' }, NOW);
    expect(refusalOf(emptied).code).toBe('usersource.misconfigured');
  });
});
