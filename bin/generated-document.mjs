// What documents that are made out of schemas have in common.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { fail, root, say } from './project.mjs';

/** As Prettier writes tables, so that the format check agrees. */
export function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => [...row[column]].length)));
  const line = (cells) =>
    `| ${cells.map((cell, at) => cell + ' '.repeat(widths[at] - [...cell].length)).join(' | ')} |`;
  return [line(rows[0]), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)].join('\n');
}

/** Writes the document; with `--check`, only tells whether it still says what the schemas say. */
export function writeOrCheck(file, text, maker) {
  const path = join(root, file);
  if (process.argv.includes('--check')) {
    if (readFileSync(path, 'utf8') !== text) fail(`${file} does not say what the schemas say: node ${maker}`);
  } else {
    writeFileSync(path, text);
    say(`wrote ${file}`);
  }
}
