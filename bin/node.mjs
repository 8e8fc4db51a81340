// Everything in bin/ must run on the Node that a bare Debian brings (18): what it starts runs on Node 24.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { fail, root } from './project.mjs';

const NEEDED = [24, 9];

/** The Node that runs the product: the carried one, else ours if it is new enough. */
export function chooseNode() {
  const carried = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  // The carried one is linked to glibc, which Alpine has not.
  if (existsSync(carried) && !existsSync('/etc/alpine-release')) return carried;
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return process.execPath;
  return fail(
    `Passbroker needs Node ${NEEDED.join('.')} or newer; this is ${process.version}, and there is none to carry for ` +
      `${process.platform}-${process.arch}. Install Node 24 from https://nodejs.org, then try again.`,
  );
}
