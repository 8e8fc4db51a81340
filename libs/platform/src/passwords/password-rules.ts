import { isCommonPassword } from './common-passwords.js';
import { COMMON_WORDS } from './common-words.js';

export const LEAST_CHARS = 12;
/** A hash of more is a way to keep the processor busy (PWD-010). */
export const MOST_BYTES = 1_024;

export type PasswordFault = 'short' | 'long' | 'easy' | 'common' | 'own_name';

/**
 * Why this password will not do, or undefined. NIST SP 800-63B-4: length and a list, no rules of composition. A common
 * word with digits, marks or the usual look-alikes around it is guessed as quickly as the bare word, and so are two.
 */
export function passwordFault(password: string, ownNames: readonly string[]): PasswordFault | undefined {
  if (Buffer.byteLength(password) > MOST_BYTES) return 'long';
  if ([...password].length < LEAST_CHARS) return 'short';
  if (isRun(password) || new Set(password).size < 5 || isNumber(password)) return 'easy';
  if (isRepeated(password) || isWalk(password)) return 'easy';
  if (readings(password).some(isCommon) || isDecorated(password)) return 'common';
  return isOwnName(password, ownNames) ? 'own_name' : undefined;
}

const LOOK_ALIKES: Record<string, string> = {
  0: 'o',
  1: 'i',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  8: 'b',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** What a password says when decoration is taken off, in the ways that guessing programs put it on. */
function readings(password: string): string[] {
  const lower = password.toLowerCase();
  const bare = lower.replaceAll(/^[^a-z]+|[^a-z]+$/g, '');
  const unmarked = lower.replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  const letters = (text: string) => text.replaceAll(/[^a-z]/g, '');
  const read = (text: string) => letters(text.replaceAll(/[01345789@$!]/g, (mark) => LOOK_ALIKES[mark] ?? mark));
  return [lower, letters(bare), read(bare), read(unmarked), read(lower)];
}

function isCommon(reading: string): boolean {
  if (reading.length < 3) return reading !== '';
  if (COMMON_WORDS.has(reading)) return true;
  for (let cut = 3; cut <= reading.length - 3; cut += 1) {
    if (COMMON_WORDS.has(reading.slice(0, cut)) && COMMON_WORDS.has(reading.slice(cut))) return true;
  }
  return false;
}

/** Fewer than this around a password of a leak are tried with it; more are a secret of their own. */
const MOST_DECORATION = 6;

/** One of the passwords that are tried first (PWD-012), bare or with a little around it: Leavemealone_2030. */
function isDecorated(password: string): boolean {
  const most = password.length - MOST_DECORATION;
  return readings(password).some((reading) => reading.length >= most && isCommonPassword(reading));
}

/** Runs up or down or stands still: 123456789012, aaaaaaaaaaaa, abcdefghijkl. */
function isRun(password: string): boolean {
  const steps = [...password].slice(1).map((char, at) => char.charCodeAt(0) - password.charCodeAt(at));
  return steps.length > 0 && steps.filter((step) => Math.abs(step) > 1).length <= 2;
}

/** A date, a telephone number: there are fewer of those than of words. */
const isNumber = (password: string): boolean => password.length < 18 && /^[0-9 +./:-]+$/.test(password);

/** One short thing over and over: 123qwe123qwe. */
function isRepeated(password: string): boolean {
  const lower = password.toLowerCase();
  const most = Math.min(8, Math.floor(lower.length / 2));
  for (let size = 1; size <= most; size += 1) {
    const times = Math.ceil(lower.length / size);
    if (lower.slice(0, size).repeat(times).startsWith(lower)) return true;
  }
  return false;
}

const KEYBOARD = [
  '1234567890',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
  ...['1qaz', '2wsx', '3edc', '4rfv', '5tgb', '6yhn', '7ujm', '8ik', '9ol', '0p'],
  ...['1q2w3e4r5t6y7u8i9o0p', 'q1w2e3r4t5y6u7i8o9p0', 'qawsedrftgyhujikolp', 'aqswdefrgthyjukilo'],
];
const WALKS = KEYBOARD.flatMap((row) => [row, [...row].reverse().join('')]);

/** Nothing but stretches of neighbouring keys: 1qaz2wsx3edc, qwertyasdfgh. */
function isWalk(password: string): boolean {
  const shifted: Record<string, string> = {
    '!': '1',
    '@': '2',
    '#': '3',
    $: '4',
    '%': '5',
    '^': '6',
    '&': '7',
    '*': '8',
  };
  const typed = [...password.toLowerCase()].map((key) => shifted[key] ?? key).join('');
  for (let at = 0; at < typed.length;) {
    const length = longestWalk(typed, at);
    if (length < 3) return false;
    at += length;
  }
  return true;
}

function longestWalk(typed: string, at: number): number {
  let length = 2;
  while (at + length < typed.length && WALKS.some((walk) => walk.includes(typed.slice(at, at + length + 1))))
    length += 1;
  return length;
}

function isOwnName(password: string, ownNames: readonly string[]): boolean {
  const lower = password.toLowerCase();
  return ownNames
    .map((name) => name.toLowerCase().trim())
    .some((name) => name.length > 3 && lower.includes(name) && lower.length - name.length < LEAST_CHARS / 2);
}
