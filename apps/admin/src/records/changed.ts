import { isDeepStrictEqual } from 'node:util';
import { pointerTo } from '../http/complaints.js';

/** A Date is an object too, and has no members to tell two of them apart by. */
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Pointers to what differs: into objects, not into lists. */
export function changed(before: unknown, after: unknown, path: string[] = []): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [pointerTo(...path)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => changed(before[name], after[name], [...path, name]));
}
