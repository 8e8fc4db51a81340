import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { run } from './child.mjs';

/** Runs Jest, and says at the end which suites had no server to run against, and how to get it. */
export async function test(node, args) {
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-test-'));
  const notes = join(folder, 'not-run');
  const code = await run(
    node,
    ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', ...args],
    { env: { ...process.env, PASSBROKER_NOT_RUN: notes } },
  );
  if (existsSync(notes)) {
    const lines = [...new Set(readFileSync(notes, 'utf8').trim().split('\n'))].sort();
    process.stderr.write(
      `\nNot run here, for want of a server (with CI=true each is a failure):\n  ${lines.join('\n  ')}\n`,
    );
  }
  rmSync(folder, { recursive: true, force: true });
  return code;
}
