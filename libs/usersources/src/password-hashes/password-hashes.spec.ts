import { argon2id, sha } from '../../test/hash-shapes.js';
import { MARKED, TEMPLATED } from '../../test/hash-vectors.js';
import { ChecksInTurn, digestTemplate, readHash, UnreadableHash } from './index.js';

const NOTHING = { salt: '', username: '', pepper: '' };

describe('password hashes of other people', () => {
  it.each(MARKED.map((vector) => [vector.scheme, vector.source, vector] as const))(
    '%s of %s',
    async (scheme, _source, { password, hash }) => {
      const read = readHash(hash);
      expect(read.scheme).toBe(scheme);
      expect(await read.verify(password)).toBe(true);
      expect(await read.verify(`${password}.`)).toBe(false);
      expect(await read.verify(password.toUpperCase() + password)).toBe(false);
    },
  );

  it.each(TEMPLATED.map((vector) => [vector.scheme, vector.source, vector] as const))(
    '%s of %s, by template',
    async (template, _source, { password, hash, salt = '', username = '' }) => {
      const read = digestTemplate(template).read(hash, { ...NOTHING, salt, username });
      expect(await read.verify(password)).toBe(true);
      expect(await read.verify(`${password}.`)).toBe(false);
    },
  );

  it('are called weak where they can be guessed at by the million', () => {
    const weak = new Set(MARKED.filter(({ hash }) => readHash(hash).weak).map(({ scheme }) => scheme));
    expect(weak).toContain('md5-crypt');
    expect(weak).toContain('{SSHA}');
    expect(weak).toContain('phpass');
    expect(weak).toContain('joomla-md5');
    expect(readHash(argon2id({})).weak).toBe(false);
    expect(readHash('$2y$10$fVH8e28OQRj9tqiDXs1e1uxpsjN0c7II7YPKXua2NAKYvM6iQk7dq').weak).toBe(false);
  });
});

describe('a hash that nobody can read', () => {
  it.each([
    ['of no known mark', '5f4dcc3b5aa765d61d8327deb882cf99'],
    ['that is a password in the clear', 'Tr0ub4dor&3'],
    ['that is empty', ''],
    ['of DES crypt', 'crypt$$ab1Hv2Lg7ltQo'],
    ['of bcrypt’s bug 2x', '$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e'],
    ['cut short by its column', '$2y$10$fVH8e28OQRj9tqiDXs1e1uxpsjN0c7II7YPKXua2NAKYvM6iQk7d'],
    ['of {SSHA} cut short', '{SSHA}FLzWcQqyle6Mo7NvrwXCMAmRzXQxNjYxMTYzN'],
    ['of Django, unusable', '!pbkdf2_sha256$10000$kjVJaVz6qsnJ$5yPHw3rwJGECpUf70daLGhOrQ5+AMxIJdz1c3bqK1Rs='],
    ['of PeopleSoft, salted', '{1}uXmFVrdBvv293L9kDR3VnRmx4ZM='],
    ['of a megabyte', `$6$x$${'a'.repeat(1_048_576)}`],
  ])('is refused, not called another password: %s', (_what, hash) => {
    expect(() => readHash(hash)).toThrow(UnreadableHash);
  });

  it('is refused by a template for digests of another length', () => {
    expect(() => digestTemplate('md5({password})').read('a'.repeat(40), NOTHING)).toThrow(UnreadableHash);
    expect(() => digestTemplate('md5({password}{salt})').read('a'.repeat(32), NOTHING)).toThrow(/salt/);
  });
});

describe('SQL-011: work that a hash string asks for', () => {
  const dear: [string, string][] = [
    ['argon2 with 4 GB', argon2id({ m: 4_194_304 })],
    ['argon2 with a thousand passes', argon2id({ t: 1_000 })],
    ['argon2 with 255 lanes', argon2id({ p: 255 })],
    ['argon2 whose memory and passes multiply', argon2id({ m: 262_144, t: 20 })],
    ['bcrypt of cost 31', '$2b$31$fVH8e28OQRj9tqiDXs1e1uxpsjN0c7II7YPKXua2NAKYvM6iQk7dq'],
    ['scrypt of a gigabyte', '$scrypt$ln=20,r=8,p=1$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI'],
    ['scrypt with N beyond counting', 'scrypt$99999999999$seasalt$8$1$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI='],
    ['PBKDF2 of a billion rounds', 'pbkdf2_sha256$1000000000$x$bFYX62rfJobJ07VwrUMXfuffLfj2RDM2G6/BrTrUWkE='],
    ['PBKDF2 whose rounds and blocks multiply', `pbkdf2:sha1:2000000$x$${'ab'.repeat(128)}`],
    ['SHA-crypt of 999999999 rounds', sha(999_999_999)],
    ['phpass of 2^30', '$P$S46647711V1klyitUYhtB8Yw5DMA/w.'],
    ['Drupal of 2^30', '$S$S20340258nzjDWpoQthrdNTR02f0pmev0K/5/Nx80WSkOQcPEQRh'],
  ];

  it.each(dear)('refuses %s before spending any of it', (_what, hash) => {
    const start = performance.now();
    expect(() => readHash(hash)).toThrow(UnreadableHash);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('spends what real tables ask for', () => {
    const fair = [argon2id({ m: 102_400, t: 2, p: 8 }), argon2id({ m: 65_536, t: 3, p: 4 }), sha(656_000)];
    for (const hash of fair) expect(readHash(hash).weak).toBe(false);
  });

  it('leaves the others their turn while half a million rounds are computed', async () => {
    let ticks = 0;
    const clock = setInterval(() => (ticks += 1), 5);
    await readHash(sha(200_000)).verify('x');
    clearInterval(clock);
    expect(ticks).toBeGreaterThan(5);
  });

  it('is done by few at a time; who finds the queue full is told at once (PWD-011)', async () => {
    const checks = new ChecksInTurn(1, 2);
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => checks.run(slow)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(3);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'password.busy' });
    await expect(checks.run(slow)).resolves.toBeUndefined();
  });
});

describe('a template', () => {
  it.each([
    '',
    'password',
    'md5(password)',
    'md5({salt})',
    'crc32({password})',
    'md5({password}',
    'md5({password}))',
    'md5({nobody}{password})',
    `${'md5('.repeat(9)}{password}${')'.repeat(9)}`,
  ])('is refused when it is none: %s', (text) => {
    expect(() => digestTemplate(text)).toThrow(UnreadableHash);
  });

  it('may hold a fixed text and a pepper', async () => {
    const { hash } = await import('node:crypto');
    const stored = hash('sha256', 'site-Xpepperpw', 'hex').toUpperCase();
    const read = digestTemplate('sha256(site-{username}{pepper}{password})').read(stored, {
      ...NOTHING,
      username: 'X',
      pepper: 'pepper',
    });
    expect([await read.verify('pw'), await read.verify('Pw')]).toEqual([true, false]);
  });
});

describe('SQL-008: comparing a digest', () => {
  const password = 'hashcat';
  const right = '127e6fbfe24a750e72930c220a8e138275656b8e5d8f48a98c3c92df2caba935';
  const template = digestTemplate('sha256({password})');
  const first = template.read(`0${right.slice(1)}`, NOTHING);
  const last = template.read(`${right.slice(0, -1)}0`, NOTHING);

  /** p of 1,000 timings of each, alternating, in either order: a machine that slows down slows both. */
  async function likeness(one: () => Promise<boolean>, other: () => Promise<boolean>): Promise<number> {
    const times: [number[], number[]] = [[], []];
    const timed = async (index: 0 | 1) => {
      const since = process.hrtime.bigint();
      expect(await [one, other][index]?.()).toBe(false);
      times[index].push(Number(process.hrtime.bigint() - since));
    };
    for (let i = 0; i < 1_000; i += 1) {
      await timed(i % 2 === 0 ? 0 : 1);
      await timed(i % 2 === 0 ? 1 : 0);
    }
    return sameSource(...times);
  }

  it('takes as long when its first byte differs as when its last does', async () => {
    let best = 0;
    // Chance says "different" once in a hundred; a leak says it every time.
    for (let round = 0; round < 3 && best <= 0.01; round += 1) {
      best = await likeness(
        () => first.verify(password),
        () => last.verify(password),
      );
    }
    expect(best).toBeGreaterThan(0.01);
    expect(await template.read(right, NOTHING).verify(password)).toBe(true);
  });

  it('would be seen to leak, if it stopped at the first difference after some microseconds of work', async () => {
    const busy = async (microseconds: number) => {
      const wrong = await last.verify(password);
      const until = process.hrtime.bigint() + BigInt(microseconds * 1_000);
      while (process.hrtime.bigint() < until);
      return wrong;
    };
    const leak = await likeness(
      () => busy(1),
      () => busy(6),
    );
    expect(leak).toBeLessThan(0.01);
  });
});

/** Mann and Whitney's test, two-sided: how likely two samples of this size differ so much by chance. */
function sameSource(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map((value) => ({ value, own: 1 })), ...other.map((value) => ({ value, own: 0 }))];
  all.sort((a, b) => a.value - b.value);
  let [ranks, ties] = [0, 0];
  for (let from = 0, to = 0; from < all.length; from = to) {
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const alike = to - from;
    const rank = (from + 1 + to) / 2;
    ranks += rank * all.slice(from, to).reduce((sum, { own }) => sum + own, 0);
    ties += alike ** 3 - alike;
  }
  const [n, m, total] = [one.length, other.length, all.length];
  const u = ranks - (n * (n + 1)) / 2;
  const spread = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  const z = Math.abs(u - (n * m) / 2) / spread;
  // Abramowitz and Stegun 26.2.17: the upper tail of the normal distribution, twice.
  const t = 1 / (1 + 0.2316419 * z);
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return Math.min(1, (2 * tail * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI));
}
