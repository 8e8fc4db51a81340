import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breachedIn } from './breached-passwords.js';
import { passwordFault } from './password-rules.js';

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

  // PWD-012
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
    ['annsmith@acme', 'own_name'],
    ['Ann.Smith.99', 'own_name'],
  ])('is not %s: %s', (password, fault) => {
    const names = ['annsmith', 'ann.smith', 'ann smith'];
    expect(passwordFault(password, names) ?? 'none').toBe(fault);
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
