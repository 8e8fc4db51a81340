import type { Entry } from './entry.js';

const MAX_VALUES = 100;
const MAX_CHARS = 1_024;
/** Secrets some directories hand out to whoever may read an entry. */
const SECRET = /password|pwd(?!lastset|changedtime)|unicodepwd|dbcspwd|laps|secret|shadow/i;

/** An entry as plain JSON, for the admin's mapping: text only, one value alone or a list, and no secrets. */
export function saidBy(entry: Entry, attributes: readonly string[]): Record<string, unknown> {
  const said = attributes.flatMap((name) => {
    const values = textsOf(entry, name);
    return values.length === 0 ? [] : [[name, values.length === 1 ? values[0] : values] as const];
  });
  return Object.fromEntries([...said, ['dn', entry.dn]]);
}

function textsOf(entry: Entry, name: string): string[] {
  if (isSecret(name)) return [];
  return entry
    .bytes(name)
    .slice(0, MAX_VALUES)
    .flatMap((bytes) => {
      const value = bytes.toString('utf8');
      // Photos and keys: what does not come back as it was is no text.
      return value.length <= MAX_CHARS && Buffer.from(value).equals(bytes) ? [value] : [];
    });
}

export const isSecret = (attribute: string): boolean => SECRET.test(attribute);
