import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

/** As much as one header of a request can bring. */
const LENGTH = 16_000;
const MOST_MS = 10;
/** What patterns are fond of, and what makes them begin again. */
const PUMPS = [
  ...['a', 'A', '0', '.', '-', '_', ' ', '/', '@', '%', '=', '+', '\t', '\n', '"', '<', '(', '[', '{', ',', ':', ';'],
  ...['\\', '#', 'é', 'a.', 'a-', 'a@', '.a', '1.', '%2', 'a=', 'a,', 'a ', '..', 'a/', '::', '1:'],
];
const HEADS = ['', 'a', '/'];
const TAILS = ['', '\u0000'];

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['test', 'testing', 'node_modules'].includes(entry.name) ? [] : sources(path);
    return path.endsWith('.ts') && !path.endsWith('.spec.ts') ? [path] : [];
  });
}

/** Every regular expression in the source, and where it stands. */
function patterns(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of [...sources('apps'), ...sources('libs')]) {
    const visit = (node: ts.Node): void => {
      if (ts.isRegularExpressionLiteral(node))
        found.set(node.text, [found.get(node.text), file].filter(Boolean).join(', '));
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest));
  }
  return found;
}

const texts = PUMPS.flatMap((pump) =>
  HEADS.flatMap((head) => TAILS.map((tail) => head + pump.repeat(LENGTH / pump.length) + tail)),
);

/** The worst text for a pattern, at its best of some tries: what a neighbour's work costs is not the pattern's. */
function slowest(literal: string): number {
  const [, source = '', flags = ''] = /^\/([^]*)\/([a-z]*)$/.exec(literal) ?? [];
  const pattern = new RegExp(source, flags.replace('g', ''));
  const once = (text: string): number => {
    pattern.lastIndex = 0;
    const since = performance.now();
    pattern.test(text);
    return performance.now() - since;
  };
  let worst = 0;
  for (const text of texts) {
    let ms = once(text);
    for (let tries = 5; ms > MOST_MS && tries > 0; tries -= 1) ms = Math.min(ms, once(text));
    worst = Math.max(worst, ms);
    if (worst > MOST_MS) return worst;
  }
  return worst;
}

describe('DOS-003: no pattern of ours', () => {
  const all = patterns();

  it('makes anybody wait, whatever it is given', () => {
    expect(all.size).toBeGreaterThan(250);
    const slow = [...all].flatMap(([literal, file]) => (slowest(literal) > MOST_MS ? [`${literal} in ${file}`] : []));
    expect(slow).toEqual([]);
  }, 120_000);

  it('would go unnoticed, were it one that does', () => {
    for (const literal of ['/\\.+$/', '/^0*([0-9a-f]+):/']) {
      expect([literal, slowest(literal) > MOST_MS]).toEqual([literal, true]);
    }
    expect(slowest('/^[a-z]+$/')).toBeLessThan(MOST_MS);
  });
});
