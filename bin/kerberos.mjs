// node bin/kerberos.mjs: compiles the optional `kerberos`, the one library for which nobody offers a compiled form. Our own install
// runs nobody's scripts, so that it stays out until somebody wants it. Needs g++, make, python3 and libkrb5-dev.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (path) => join(root, path);
const built = 'node_modules/kerberos/build/Release/kerberos.node';

if (!existsSync(at('node_modules/kerberos'))) {
  console.error('kerberos is not installed: npm run build, and then this again');
  process.exit(1);
}
if (existsSync(at(built))) process.exit(0);
// The headers of the Node we carry: Debian has none, and node-gyp would fetch some. Where Node is the machine's own, so are they.
const headers = [`node_modules/node-linux-${process.arch}`, '/usr/local', '/usr']
  .map((folder) => (folder.startsWith('/') ? folder : at(folder)))
  .find((folder) => existsSync(join(folder, 'include/node/node_api.h')));
const { status } = spawnSync(
  'npm',
  ['rebuild', 'kerberos', '--ignore-scripts=false', '--foreground-scripts', '--loglevel=error'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, npm_config_build_from_source: 'true', ...(headers && { npm_config_nodedir: headers }) },
  },
);
if (status !== 0 || !existsSync(at(built))) {
  console.error('kerberos could not be compiled. It needs: apt-get install g++ make python3 libkrb5-dev');
  process.exit(1);
}
