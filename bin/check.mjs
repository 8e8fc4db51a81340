import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { run } from './child.mjs';
import { root } from './project.mjs';

const CHECKS = [
  ['types', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json']],
  ['lint', ['node_modules/eslint/bin/eslint.js', '.']],
  [
    'import law',
    [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      'apps',
      'libs',
      '--config',
      '.dependency-cruiser.cjs',
    ],
  ],
  ['format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
  ['deployment', ['bin/check-deployment.mjs']],
  ['configuration', ['bin/configuration-docs.mjs', '--check']],
  ['records', ['bin/records-docs.mjs', '--check']],
  ['settings', ['bin/settings-docs.mjs', '--check']],
];

/** Runs every check, also after one has failed: a person wants to mend all in one go. */
export async function check(node) {
  const results = [];
  for (const [name, args] of CHECKS) {
    if (!existsSync(join(root, args[0]))) continue;
    process.stdout.write(`\n── ${name}\n`);
    const code = await run(node, args);
    if (code > 128) return code;
    results.push([name, code]);
  }
  process.stdout.write('\n');
  for (const [name, code] of results) process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name}\n`);
  return results.some(([, code]) => code !== 0) ? 1 : 0;
}
