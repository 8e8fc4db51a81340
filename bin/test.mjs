import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from './child.mjs';

/** All of it in two passes, the second alone on the machine; whatever somebody picked themselves, in one. */
function passes(args) {
  if (args.some((arg) => !arg.startsWith('--') || /^--(selectProjects|testPathPatterns|runTestsByPath)/.test(arg))) {
    return [args];
  }
  const alone = args
    .filter((arg) => !arg.startsWith('--maxWorkers'))
    .map((arg) => (arg.startsWith('--outputFile=') ? `${arg}.measured` : arg));
  return [
    [...args, '--selectProjects', 'unit', 'walks'],
    [...alone, '--runInBand', '--selectProjects', 'measured'],
  ];
}

/** Runs Jest, and says at the end which suites had no server to run against, and how to get it. */
export async function test(node, args) {
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-test-'));
  const notes = join(folder, 'not-run');
  let code = 0;
  for (const pass of passes(args)) {
    const one = await run(
      node,
      // Node's own end of a process has been seen to turn for ever over sockets that a test had cut: exit instead.
      ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '--forceExit', ...pass],
      { env: { ...process.env, PASSBROKER_NOT_RUN: notes } },
    );
    if (one > 128) return one;
    code ||= one;
  }
  if (existsSync(notes)) {
    const lines = [...new Set(readFileSync(notes, 'utf8').trim().split('\n'))].sort();
    process.stderr.write(
      `\nNot run here, for want of a server (with CI=true each is a failure):\n  ${lines.join('\n  ')}\n`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
  return code;
}
