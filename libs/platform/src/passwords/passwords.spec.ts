import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { breachedIn } from './breached-passwords.js';
import { isCommonPassword } from './common-passwords.js';
import { LEAST_CHARS, passwordFault } from './password-rules.js';

describe('a password', () => {
  it.each([
    'forty blue bicycles',
    'Kx9-vd2-Lq7-ws4',
    'mein Fahrrad steht im Regen',
    'パスワードは長いほうがよいです',
    'correct horse battery stapler',
    'tractor-violin-87',
  ])('may be %s', (password) => {
    expect(passwordFault(password, ['Ann Smith', 'ann@acme.test'])).toBeUndefined();
  });

  it.each([
    ['Password1', 'short'],
    ['elevenchars', 'short'],
    ['x'.repeat(1_025), 'long'],
    ['é'.repeat(600), 'long'],
    ['123456789012', 'easy'],
    ['aaaaaaaaaaaaaaaa', 'easy'],
    ['abcdefghijklmn', 'easy'],
    ['123qwe123qwe', 'easy'],
    ['Blink182Blink182', 'easy'],
    ['1qaz2wsx3edc', 'easy'],
    ['!QAZ2wsx#EDC4rfv', 'easy'],
    ['qwertyuiopasdfgh', 'easy'],
    ['1q2w3e4r5t6y', 'easy'],
    ['poiuytrewq0987', 'easy'],
    ['Password1234!', 'common'],
    ['P@ssw0rd2030', 'common'],
    ['passwordpassword', 'easy'],
    ['Welcome123456', 'common'],
    ['Summer2030!!', 'common'],
    ['administrator', 'common'],
    ['ILoveYou1234', 'common'],
    ['manchesterunited', 'common'],
    ['sunshinedragon', 'common'],
    ['Liverpool#2019', 'common'],
    ['1998-05-17-1998', 'easy'],
    ['+49 170 1234567', 'easy'],
    ['correct horse battery staple', 'common'],
    ['mailcreated5240', 'common'],
    ['MailCreated5240', 'common'],
    ['Leavemealone_2030', 'common'],
    ['L3av3m3al0n3!', 'common'],
    ['annsmith@acme', 'own_name'],
    ['Ann.Smith.99', 'own_name'],
  ])('is not %s: %s (PWD-012)', (password, fault) => {
    const names = ['annsmith', 'ann.smith', 'ann smith'];
    expect(passwordFault(password, names) ?? 'none').toBe(fault);
  });
});

/** PWD-012: the list of the package that it was made of. */
describe('the 10,000 passwords that are tried first', () => {
  const list = z
    .array(z.string())
    .parse(
      JSON.parse(
        readFileSync(
          join(import.meta.dirname, '../../../../node_modules/@zxcvbn-ts/language-common/src/passwords.json'),
          'utf8',
        ),
      ),
    );
  const first = list.slice(0, 10_000);
  const long = list.filter((password) => password.length >= LEAST_CHARS);

  it('are all known', () => {
    expect(first).toHaveLength(10_000);
    expect(first.filter((password) => !isCommonPassword(password.toLowerCase()))).toEqual([]);
  });

  it('are none of them taken, however long', () => {
    expect(first.filter((password) => passwordFault(password, []) === undefined)).toEqual([]);
    expect(long.length).toBeGreaterThan(300);
    expect(long.filter((password) => passwordFault(password, []) === undefined)).toEqual([]);
    expect(long.filter((password) => passwordFault(password.toUpperCase(), []) === undefined)).toEqual([]);
  });

  it('are not taken with a year and a mark behind, where that makes them long enough', () => {
    const padded = first.filter((password) => password.length >= 7 && /^[a-z]+$/.test(password));
    expect(padded.length).toBeGreaterThan(2_000);
    expect(padded.filter((password) => passwordFault(`${password}2030!`, []) === undefined)).toEqual([]);
  });

  it('are whole lines: neither a part of one nor two of them', () => {
    expect(isCommonPassword('mailcreated5240')).toBe(true);
    expect(isCommonPassword('mailcreated524')).toBe(false);
    expect(isCommonPassword('ailcreated5240')).toBe(false);
    expect(isCommonPassword(`${first.toSorted()[5]}\n${first.toSorted()[6]}`)).toBe(false);
  });

  it('leave almost everything that a generator makes, and take no time', () => {
    const since = performance.now();
    const made = Array.from({ length: 1_000 }, () => randomBytes(12).toString('base64url'));
    expect(made.filter((password) => passwordFault(password, []) !== undefined)).toEqual([]);
    expect((performance.now() - since) / made.length).toBeLessThan(5);
  });
});

describe('leaked passwords', () => {
  const digest = createHash('sha1').update('tractor-violin-87').digest('hex').toUpperCase();
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'leaked-'));
    writeFileSync(join(folder, `${digest.slice(0, 5)}.txt`), `${'0'.repeat(35)}:3\r\n${digest.slice(5)}:17\r\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('are found in the range file of their digest', async () => {
    await expect(breachedIn(folder)('tractor-violin-87')).resolves.toBe(true);
  });

  it('are not guessed at when the range cannot be read', async () => {
    await expect(breachedIn(folder)('another password')).rejects.toThrow('ENOENT');
  });
});
