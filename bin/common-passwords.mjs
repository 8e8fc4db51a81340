// Makes libs/platform/src/passwords/common-passwords.txt.gz of the list in @zxcvbn-ts/language-common (MIT): the 10,000 that
// leaks hold most often, and of the 39,000 behind them those that are long enough to be taken.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { root } from './project.mjs';

const MOST_COMMON = 10_000;
const LEAST_CHARS = 12;

const source = createRequire(import.meta.url).resolve('@zxcvbn-ts/language-common/package.json');
const all = JSON.parse(readFileSync(join(source, '../src/passwords.json'), 'utf8'));
const chosen = all.filter((password, rank) => rank < MOST_COMMON || password.length >= LEAST_CHARS);
const text = `${[...new Set(chosen.map((password) => password.toLowerCase()))].sort().join('\n')}\n`;

writeFileSync(join(root, 'libs/platform/src/passwords/common-passwords.txt.gz'), gzipSync(text, { level: 9 }));
