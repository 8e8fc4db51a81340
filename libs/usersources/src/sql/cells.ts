import { Refusal } from '@passbroker/model';
import type { Row } from './session.js';

/** Looked at from the first blank only: from each, many in the middle would cost the square of their number. */
const BLANK_AT_THE_END = /(?<! ) +$/;

/**
 * A cell as text, whatever the driver made of its type; undefined for NULL. Column names are compared without case:
 * Oracle shouts them, Postgres whispers.
 *
 * @throws Refusal usersource.misconfigured when the row has no such column, or two
 */
export function cell(row: Row, column: string): string | undefined {
  const value = raw(row, column);
  return value === null || value === undefined ? undefined : text(value, column);
}

/** The same for CHAR columns and for PeopleSoft, which fill up with blanks; nothing but blanks is nothing. */
export function trimmed(row: Row, column: string): string | undefined {
  const value = cell(row, column)?.replace(BLANK_AT_THE_END, '');
  return value === '' ? undefined : value;
}

/** Several values in one cell: an array of Postgres, a JSON array, or text with commas. */
export function list(row: Row, column: string): string[] {
  const value = raw(row, column);
  const members = Array.isArray(value)
    ? value.map((member: unknown) => text(member, column))
    : split(cell(row, column));
  return [...new Set(members.map((member) => member.trim()).filter((member) => member !== ''))];
}

const YES = /^(1|t|true|y|yes)$/i;
const NO = /^(0|f|false|n|no|)$/i;

/** Yes or no, as databases without booleans write it. What is neither, is no answer to build on. */
export function flag(row: Row, column: string): boolean {
  const value = trimmed(row, column) ?? '';
  if (YES.test(value)) return true;
  if (NO.test(value)) return false;
  throw new Refusal('usersource.misconfigured', `the column ${column} says neither yes nor no`);
}

function raw(row: Row, column: string): unknown {
  const names = Object.keys(row).filter((name) => name.toLowerCase() === column.toLowerCase());
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new Refusal('usersource.misconfigured', `the row has ${names.length} columns called ${column}`);
  }
  return row[name];
}

function text(value: unknown, column: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Uint8Array) return bitOrBytes(value);
  if (value instanceof Date) return value.toISOString();
  throw new Refusal('usersource.misconfigured', `the column ${column} is of a type that is no text`);
}

/** BIT(1) and BINARY columns arrive as bytes. */
const bitOrBytes = (bytes: Uint8Array): string =>
  bytes.length === 1 && (bytes[0] ?? 9) < 2 ? String(bytes[0]) : Buffer.from(bytes).toString('utf8');

function split(value: string | undefined): string[] {
  if (value === undefined) return [];
  if (!value.trimStart().startsWith('[')) return value.split(',');
  try {
    const parsed: unknown = JSON.parse(value);
    if (Array.isArray(parsed) && parsed.every((member) => typeof member === 'string')) return parsed;
  } catch {
    // Said below.
  }
  throw new Refusal('usersource.misconfigured', 'a list of groups begins as JSON and is none');
}
