#!/usr/bin/env node
// What `npm start`, `npm test` and friends do on a bare machine: install, build, choose a Node, run.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ensureBuilt } from './build.mjs';
import { check } from './check.mjs';
import { run } from './child.mjs';
import { ensureInstalled } from './install.mjs';
import { chooseNode } from './node.mjs';
import { fileOf, programs } from './programs.mjs';
import { fail, root } from './project.mjs';
import { test } from './test.mjs';

const [command = '', ...args] = process.argv.slice(2);

const script = async (file) => {
  if (!existsSync(join(root, file))) fail(`${file} is not there`);
  return run(chooseNode(), [file, ...args]);
};

const commands = {
  build: async () => 0,
  test: () => test(chooseNode(), args),
  check: () => check(chooseNode()),
  bench: () => script('bench/run.mjs'),
  screenshots: () => script('bin/screenshots.mjs'),
};

if (!Object.hasOwn(commands, command) && !Object.hasOwn(programs, command)) {
  fail(`usage: node bin/run.mjs ${[...Object.keys(commands), ...Object.keys(programs)].join('|')}`, 2);
}

await ensureInstalled();
if (command !== 'check') await ensureBuilt({ always: command === 'build' });

if (Object.hasOwn(commands, command)) {
  process.exitCode = await commands[command]();
} else {
  const file = fileOf(command);
  if (!file) fail(`this version has no command "${command}"`, 2);
  process.exitCode = await run(chooseNode(), [file, ...args]);
}
