/** A statement of the admin's, taken apart: `texts` has one piece more than `names`. */
export interface Statement {
  texts: readonly string[];
  names: readonly string[];
}

/** Without the statement's text: only what is wrong with it. */
export class UnreadableStatement extends Error {
  override readonly name = 'UnreadableStatement';
}

/** Literals and quoted names pass through untouched; what dialects read differently is refused, not guessed at. */
const TOKEN =
  /(?<quoted>'(?:[^'\\]|'')*'|"(?:[^"\\]|"")*"|`[^`\\]*`)|(?<cast>::|:=)|:(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<refused>--|\/\*|#|;|\\|\$\w*\$|['"`])/g;

/**
 * One SELECT with `:name` parameters. Each becomes a bound parameter of the driver: what a person types is never part
 * of the statement's text (SQL-003). The database account's missing rights and the read-only transaction are what
 * stops a write (SQL-004); this only refuses what cannot be one statement that reads.
 *
 * @param known names it may have; all of `needed` must be there
 * @throws UnreadableStatement
 */
export function parseStatement(sql: string, known: readonly string[], needed: readonly string[] = known): Statement {
  const text = sql.trim().replace(/;$/, '').trimEnd();
  if (!/^(select|with)\b/i.test(text)) throw new UnreadableStatement('must begin with SELECT or WITH');
  const texts: string[] = [];
  const names: string[] = [];
  let start = 0;
  let bare = '';
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const { quoted, cast, name, refused } = match.groups ?? {};
    bare += text.slice(from, match.index);
    from = match.index + match[0].length;
    if (refused !== undefined) {
      const what = refused === ';' ? 'a second statement' : `${JSON.stringify(refused)} outside of a plain literal`;
      throw new UnreadableStatement(`${what} is not allowed: one statement, no comments, no escapes`);
    }
    if (quoted !== undefined || cast !== undefined || name === undefined) continue;
    if (!known.includes(name)) throw new UnreadableStatement(`:${name} is no parameter here, but ${listed(known)}`);
    texts.push(text.slice(start, match.index));
    names.push(name);
    start = from;
  }
  bare += text.slice(from);
  // MariaDB writes files by SELECT … INTO OUTFILE, in read-only transactions too.
  if (/\binto\b/i.test(bare)) throw new UnreadableStatement('INTO is not allowed');
  const missing = needed.filter((name) => !names.includes(name));
  if (missing.length > 0) throw new UnreadableStatement(`the parameter ${listed(missing)} is missing`);
  return { texts: [...texts, text.slice(start)], names };
}

const listed = (names: readonly string[]): string => names.map((name) => `:${name}`).join(', ');

/** The text for one driver, each parameter where `mark` puts it, and the values in the order of the marks. */
export function bound(
  { texts, names }: Statement,
  values: Readonly<Record<string, string>>,
  mark: (index: number) => string,
): { text: string; values: string[] } {
  const text = texts.map((piece, index) => (index < names.length ? `${piece}${mark(index)}` : piece)).join('');
  return { text, values: names.map((name) => values[name] ?? '') };
}
