import { appendFileSync } from 'node:fs';

import { describe, it } from '@jest/globals';

import { aptLine, findServer, type ServerName } from './find-server.js';

/**
 * A suite that needs servers which may not be installed. Without them it says so, by name and with the line that
 * installs them, and passes; with CI=true it fails, so that nothing goes unrun there unnoticed.
 */
export function describeWith(needs: ServerName | readonly ServerName[], title: string, suite: () => void): void {
  const names = typeof needs === 'string' ? [needs] : needs;
  const missing = names.filter((name) => findServer(name) === undefined);
  if (missing.length === 0) {
    describe(title, suite);
    return;
  }
  const notice = `${title}: ${aptLine(missing)}`;
  describe(title, () => {
    it(`needs ${missing.join(' and ')} (${aptLine(missing)})`, () => {
      if (process.env['CI'] === 'true') throw new Error(`not run: ${notice}`);
      const notes = process.env['PASSBROKER_NOT_RUN']; // Listed again at the end, by bin/test.mjs.
      if (notes) appendFileSync(notes, `${notice}\n`);
      else process.stderr.write(`not run: ${notice}\n`);
    });
  });
}
