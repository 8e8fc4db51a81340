import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * What is tried first: the 10,000 passwords that leaks hold most often, and some hundred rarer ones that are long enough
 * to be taken. Lower case, a line each; made by `node bin/common-passwords.mjs`, licence beside it. One string of 80 kB,
 * which is searched in microseconds: a set of the same would take ten times the memory.
 */
const COMMON = `\n${gunzipSync(readFileSync(join(import.meta.dirname, 'common-passwords.txt.gz'))).toString('latin1')}`;

export const isCommonPassword = (lower: string): boolean => !lower.includes('\n') && COMMON.includes(`\n${lower}\n`);
