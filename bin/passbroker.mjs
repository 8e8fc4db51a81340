#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ensureBuilt } from './build.mjs';
import { run } from './child.mjs';
import { ensureInstalled } from './install.mjs';
import { secretsCommand } from './make-secrets.mjs';
import { chooseNode } from './node.mjs';
import { fileOf, programs } from './programs.mjs';
import { fail, root } from './project.mjs';

const [name = '--help', ...args] = process.argv.slice(2);

const usage = `Usage: passbroker <command>

${Object.entries(programs)
  .filter(([command]) => fileOf(command) !== undefined || !existsSync(join(root, 'dist')))
  .map(([command, [meaning]]) => `  ${command.padEnd(10)}${meaning}`)
  .join('\n')}
  secrets   write every secret of a deployment into a new folder

Settings come from the environment: see docs/configuration.md.
`;

if (['--help', '-h', 'help'].includes(name)) {
  process.stdout.write(usage);
} else if (name === 'secrets') {
  // Before anything is installed: also on the machine that only runs the containers.
  secretsCommand(args);
} else if (!Object.hasOwn(programs, name)) {
  process.stderr.write(usage);
  fail(`there is no command "${name}"`, 2);
} else {
  await ensureInstalled();
  await ensureBuilt();
  const file = fileOf(name);
  if (!file) fail(`this version has no command "${name}"`, 2);
  // Where the person stands counts, e.g. for DATA_DIR.
  process.exitCode = await run(chooseNode(), [file, ...args], { cwd: process.cwd() });
}
