import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { mergePatch } from '../src/merge-patch.js';
import type { DecisionInput, PolicyConfig, SnapshotInput } from '../src/index.js';
import type { LinkInput } from '../src/link.js';

/** The cases are plain JSON written by hand: their shape is taken on trust here, and asserted by every test that runs them. */
const config = z.custom<PolicyConfig>();
const file = z.object({
  inputDefaults: z.unknown(),
  audienceDefaults: z.unknown(),
  bypassDefaults: z.unknown(),
  usersourceDefaults: z.unknown(),
  sessionDefaults: z.unknown(),
  fixtures: z.record(z.string(), config),
  cases: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      fixture: z.string(),
      patch: z.unknown().optional(),
      input: z.custom<Partial<DecisionInput>>(),
      expected: z.unknown(),
    }),
  ),
  linkCases: z.array(
    z.object({ id: z.string(), title: z.string(), input: z.custom<LinkInput>(), expected: z.unknown() }),
  ),
  configCases: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      before: z.custom<SnapshotInput>(),
      patch: z.unknown(),
      expected: z.unknown(),
    }),
  ),
});

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8'));
}

export const shared = file.parse(read('policy-cases.json'));
export const own = file.pick({ cases: true, linkCases: true, configCases: true }).parse(read('own-cases.json'));

export function configOf(fixture: string, patch?: unknown): PolicyConfig {
  const base = shared.fixtures[fixture];
  if (!base) throw new Error(`no fixture ${fixture}`);
  return config.parse(patch === undefined ? structuredClone(base) : mergePatch(base, patch));
}

export function inputOf(input: Partial<DecisionInput>): DecisionInput {
  return { brand: 'acme', path: '/', ...input };
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
