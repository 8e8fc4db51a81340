import { Refusal } from '@passbroker/model';

export const MAX_PASSWORD_BYTES = 1024;
const MAX_NAME_CHARS = 320;

export interface Typed {
  name: string;
  password: string;
}

/**
 * What somebody typed, as far as a directory may see it at all.
 *
 * @throws Refusal before anybody is contacted: a bind with an empty password succeeds for whatever name (RFC 4513
 * 5.1.2), and servers written in C see an empty one in a password that begins with NUL.
 */
export function typed(fields: Readonly<Record<string, string>>): Typed {
  const name = (fields['username'] ?? '').trim();
  const password = fields['password'] ?? '';
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES || name.length > MAX_NAME_CHARS) {
    throw new Refusal('request.malformed', 'the name or password is longer than any real one');
  }
  if (!isUsable(password)) throw new Refusal('password.wrong', 'an empty or blank password, or one with NUL');
  // eslint-disable-next-line no-control-regex -- That is what nobody's name has.
  if (name === '' || /[\u0000-\u001f\u007f]/.test(name)) {
    throw new Refusal('password.unknown_name', 'an empty name, or one with control characters');
  }
  return { name, password };
}

export const isUsable = (password: string): boolean => password.trim() !== '' && !password.includes('\0');

/** Directories compare names without case, and some without accents too: we do not follow them there. */
export const sameName = (left: string, right: string): boolean => folded(left) === folded(right);

const folded = (name: string): string => name.normalize('NFC').toLowerCase();
