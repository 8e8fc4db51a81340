/** A hash out of somebody's table, understood: which scheme, whether it holds, and how to try a password on it. */
export interface StoredHash {
  scheme: string;
  /** Fast enough to guess at millions a second, or broken: better kept no longer than it must be. */
  weak: boolean;
  verify(password: string): Promise<boolean>;
}

/**
 * Looks at the text of one hash. Undefined: not of this scheme. A text that has the scheme's mark and does not fit,
 * or that asks for more work than anybody's sign-in is worth (SQL-011), throws `UnreadableHash`.
 */
export type ReadHash = (encoded: string) => StoredHash | undefined;

/** The text itself is never part of the message: it goes to the log. */
export class UnreadableHash extends Error {
  override readonly name = 'UnreadableHash';
}

/** Digits only, and no more of them than a number of ours could have. */
export function count(digits: string | undefined, what: string, most: number, least = 1): number {
  const value = /^\d{1,10}$/.test(digits ?? '') ? Number(digits) : Number.NaN;
  if (!(value >= least)) throw new UnreadableHash(`${what} is no number from ${least}`);
  if (value > most) throw new UnreadableHash(`${what} is ${value}, more than the ${most} we would spend on a sign-in`);
  return value;
}
