import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const cruiser = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** What the law says of these files, alone in a folder of their own. */
function judge(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-law-'));
  try {
    for (const name of ['.dependency-cruiser.cjs', 'tsconfig.json']) cpSync(name, join(folder, name));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const law = ['apps', 'libs', '--config', '.dependency-cruiser.cjs'];
    return String(spawnSync(process.execPath, [cruiser, ...law], { cwd: folder }).stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const thing = 'export const thing = 1;\n';
const lawful = { 'apps/gateway/src/a.ts': thing, 'apps/minter/src/keys/ring.ts': thing, 'libs/model/src/m.ts': thing };

describe('the import law', () => {
  it('has nothing to say of strangers', () => {
    expect(judge(lawful)).toContain('no dependency violations');
  });

  it('reports an app that imports another, and its keys', () => {
    const planted = { ...lawful, 'apps/gateway/src/a.ts': "export { thing } from '../../minter/src/keys/ring.js';\n" };
    const report = judge(planted);
    expect(report).toContain('apps-stand-alone');
    expect(report).toContain('keys-stay-home');
  });

  it('reports a model that imports anything at all', () => {
    const planted = { ...lawful, 'libs/model/src/m.ts': "export { readFileSync } from 'node:fs';\n" };
    expect(judge(planted)).toContain('model-is-ground');
  });
});
