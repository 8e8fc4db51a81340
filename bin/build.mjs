import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { runQuietly } from './child.mjs';
import { chooseNode } from './node.mjs';
import { alone, digest, fail, filesBelow, readStamp, root, say, writeStamp } from './project.mjs';

const STAMP = 'dist/.passbroker-stamp';
const SETTINGS = ['nest-cli.json', 'package-lock.json', 'tsconfig.build.json', 'tsconfig.json'];

const isTest = (file) => /\.(spec|e2e-spec)\.ts$|\/test\//.test(file);
const isSource = (file) => !isTest(file) && !/\.md$/.test(file);

/** Compiles apps and libs into dist when their contents have changed since the last time. */
export async function ensureBuilt({ always = false } = {}) {
  const sources = () => [...SETTINGS, ...filesBelow('apps', isSource), ...filesBelow('libs', isSource)];
  if (!always && readStamp(STAMP) === digest(sources())) return;
  await alone(async () => {
    const files = sources();
    const stamp = digest(files);
    if (!always && readStamp(STAMP) === stamp) return;
    const since = Date.now();
    say('building');
    rmSync(join(root, STAMP), { force: true });
    dropForeignOutput();
    dropOrphans();
    // One build with one shared tsconfig compiles everything; which app is named only tells Nest where to begin.
    const nest = join(root, 'node_modules/@nestjs/cli/bin/nest.js');
    const code = await runQuietly(chooseNode(), [nest, 'build', 'standalone']);
    if (code !== 0) fail('the build failed: see above', code);
    refuseLeftAliases();
    copyAssets(files);
    writeStamp(STAMP, stamp);
    say(`built in ${((Date.now() - since) / 1000).toFixed(1)} s`);
  });
}

/** Other settings may mean other output: TypeScript's own record would not notice. */
function dropForeignOutput() {
  const settings = digest(SETTINGS);
  if (readStamp('dist/.passbroker-settings') === settings) return;
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  writeStamp('dist/.passbroker-settings', settings);
}

/** What was compiled from a source that is gone: a migration that was renamed would otherwise run twice. */
function dropOrphans() {
  for (const file of [...filesBelow('dist/apps'), ...filesBelow('dist/libs')]) {
    const source = file.slice('dist/'.length);
    const typescript = source.replace(/\.(js|js\.map|d\.ts)$/, '.ts');
    if (!existsSync(join(root, source)) && !existsSync(join(root, typescript))) rmSync(join(root, file));
  }
}

/** Nest rewrites `@passbroker/lib` to a relative path in import and export declarations only. */
function refuseLeftAliases() {
  const left = filesBelow('dist', (file) => /\.js$/.test(file)).filter((file) =>
    /(?:^|[\s;])(?:import|export)[^'"\n]*['"]@passbroker\/|\bimport\(\s*['"]@passbroker\//.test(
      readFileSync(join(root, file), 'utf8'),
    ),
  );
  if (left.length > 0) {
    fail(
      `aliases were left in the output, which Node cannot resolve (write them as ordinary imports):\n${left.join('\n')}`,
    );
  }
}

/** Templates, styles, pictures and data lie beside the code that reads them, in dist as in the sources. */
function copyAssets(files) {
  for (const file of files) {
    if (!/^(apps|libs)\//.test(file) || /\.[cm]?ts$/.test(file)) continue;
    const copy = join(root, 'dist', file);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(join(root, file), copy);
  }
}
