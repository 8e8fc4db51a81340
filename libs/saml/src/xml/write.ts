import { escapeAttribute } from './characters.js';

/** XML that we wrote: what was put into it has been escaped. */
export class Markup {
  constructor(private readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

type Value = string | Markup | readonly Markup[] | undefined | false;

/**
 * XML with holes. Text is escaped for attribute and content alike, so that no value from outside can open an
 * element of its own (CVE-2026-46490); markup goes in as it is; nothing for undefined and false.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Value[]): Markup {
  const written = values.map(write);
  return new Markup(parts.map((part, index) => part + (written[index] ?? '')).join(''));
}

function write(value: Value): string {
  if (value === undefined || value === false || value === '') return '';
  if (typeof value === 'string') return escapeAttribute(value).replaceAll('>', '&gt;');
  return value instanceof Markup ? value.toString() : value.map(String).join('');
}

/** An attribute with its name, or nothing at all. */
export const optional = (name: string, value: string | boolean | undefined): Markup =>
  value === undefined || value === false ? markup`` : new Markup(` ${name}="${write(String(value))}"`);
