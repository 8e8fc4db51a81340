import { timingSafeEqual } from 'node:crypto';

/** Says nothing by its time but the length, which the scheme tells anyway (SQL-008, CWE-208). */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

export const sameText = (one: string, other: string): boolean => sameBytes(Buffer.from(one), Buffer.from(other));
