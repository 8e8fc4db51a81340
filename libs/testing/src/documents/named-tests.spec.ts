import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './markdown.js';

const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** As it stands in the code, where a quote in a title may be escaped. */
const codeOf = (path: string): string => textOf(path).replaceAll("\\'", "'");

describe('what directories do', () => {
  const PAGE = 'docs/directories.md';
  const rows = textOf(PAGE)
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (the (directory|domain) +\||-)/.test(line));

  it('is told of every behaviour that was found', () => {
    expect(rows.length).toBeGreaterThanOrEqual(43);
  });

  it.each(rows.map((row) => [row.split(' | ', 1)[0]?.slice(2) ?? '', row] as const))('%s', (_what, row) => {
    const cells = [...row.matchAll(/\]\(([^)]+)\)((?:,? “[^”]+”)+)/g)];
    expect(cells).not.toEqual([]);
    for (const [, file = '', titles = ''] of cells) {
      const code = codeOf(join(dirname(PAGE), file));
      const named = [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title);
      expect(named.filter((title) => !code.includes(`'${title}'`))).toEqual([]);
    }
  });
});

describe('attacks on directories, databases, tickets and passwords', () => {
  const attacks = textOf('docs/attacks.md')
    .split('\n')
    .flatMap((line) => {
      const [, attack] = /^\| ((?:LDAP|SQL|KRB|PWD)-\d+) /.exec(line) ?? [];
      const files = [...line.matchAll(/\]\(\.\.\/([^)#]+)\)/g)].map(([, file = '']) => file);
      return attack === undefined ? [] : [[attack, files] as const];
    });

  it.each(attacks)('%s is the name of a test in each file that is told', (attack, files) => {
    expect(files).not.toEqual([]);
    const titles = (file: string) => textOf(file).match(/'[^'\n]*'|`[^`\n]*`/g) ?? [];
    expect(files.filter((file) => !titles(file).some((title) => title.includes(attack)))).toEqual([]);
  });

  it('are no fewer than were listed', () => {
    expect(attacks.length).toBeGreaterThanOrEqual(52);
  });
});
