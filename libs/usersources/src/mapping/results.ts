import { ExpressionError } from './expression.js';

const LONGEST_NAME = 200;
const LONGEST_ADDRESS = 254;
const LONGEST_USERNAME = 100;
const LONGEST_TEXT = 2_000;
const LONGEST_GROUP = 200;
const MOST_GROUPS = 1_000;

/** Line breaks and the like would go on to mails, logs and headers. */
const CONTROLS = /\p{Cc}/u;
const ADDRESS = /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+\.[^\s@<>,;:"()[\]\\]+$/;

/** What expressions may come to. Each answers undefined for "nothing", and throws for what cannot be kept. */
export function aText(value: unknown, longest = LONGEST_TEXT): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'bigint' && !isFiniteNumber(value)) {
    throw new ExpressionError('this is no text');
  }
  const text = String(value).trim();
  if (text.length > longest) throw new ExpressionError(`more than ${longest} characters`);
  if (CONTROLS.test(text)) throw new ExpressionError('a control character');
  return text === '' ? undefined : text;
}

export const aName = (value: unknown): string | undefined => aText(value, LONGEST_NAME);

export function anAddress(value: unknown): string | undefined {
  const text = aText(value, LONGEST_ADDRESS);
  if (text !== undefined && !ADDRESS.test(text)) throw new ExpressionError('this is no e-mail address');
  return text;
}

export const aUsername = (value: unknown): string | undefined => aText(value, LONGEST_USERNAME);

export function groupNames(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new ExpressionError('this is no list');
  if (value.length > MOST_GROUPS) throw new ExpressionError(`more than ${MOST_GROUPS} groups`);
  const names = value.map((item: unknown) => {
    if (typeof item !== 'string') throw new ExpressionError('a group that is no text');
    return aText(item, LONGEST_GROUP);
  });
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
