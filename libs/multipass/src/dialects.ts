export interface Recipe {
  fields: 'desk' | 'tender' | 'ideascale';
  /**
   * `random`: fresh, in front of the ciphertext. `static`: the same place, always "OpenSSL for Ruby".
   * `zero`: what XOR-ing the first block with the IV and then encrypting with the same IV comes to; nothing is sent.
   * `hidden`: Haskell's yesod-auth-deskcom encrypts IV and JSON under that IV, so that the first block is always E(0).
   */
  iv: 'random' | 'static' | 'zero' | 'hidden';
  letters: 'standard' | 'url-safe' | 'first-hit-url-safe';
  equals: 'kept' | 'one-stripped' | 'stripped';
  /** Ruby's Base64.encode64 (60) and Android's Base64.DEFAULT (76) break lines, at the end too, in both parameters. */
  columns?: number;
  paddedTwice?: true;
  signs: 'text' | 'escaped' | 'nothing';
  /** Why an operator should be warned as long as this is in use. */
  weakness?: string;
}

const REPEATS = 'The IV never changes: equal content gives equal tokens, and equal beginnings show.';
const UNSIGNED = 'Nothing is signed: whoever sees one token can alter it and try the result.';

const RECIPES = {
  desk: { fields: 'desk', iv: 'random', letters: 'standard', equals: 'kept', signs: 'text' },
  'desk-url-safe': { fields: 'desk', iv: 'random', letters: 'url-safe', equals: 'stripped', signs: 'text' },
  'desk-lines-60': { fields: 'desk', iv: 'random', letters: 'standard', equals: 'kept', columns: 60, signs: 'text' },
  'desk-lines-76': { fields: 'desk', iv: 'random', letters: 'standard', equals: 'kept', columns: 76, signs: 'text' },
  'legacy-desk-static-iv': {
    fields: 'desk',
    iv: 'static',
    letters: 'standard',
    equals: 'kept',
    signs: 'text',
    weakness: REPEATS,
  },
  'legacy-desk-static-iv-padded-twice': {
    fields: 'desk',
    iv: 'static',
    letters: 'standard',
    equals: 'kept',
    paddedTwice: true,
    signs: 'text',
    weakness: REPEATS,
  },
  'legacy-desk-hidden-iv': {
    fields: 'desk',
    iv: 'hidden',
    letters: 'standard',
    equals: 'kept',
    signs: 'text',
    weakness: REPEATS,
  },
  'legacy-desk-zero-iv': {
    fields: 'desk',
    iv: 'zero',
    letters: 'standard',
    equals: 'kept',
    signs: 'text',
    weakness: REPEATS,
  },
  'legacy-desk-zero-iv-url-safe': {
    fields: 'desk',
    iv: 'zero',
    letters: 'url-safe',
    equals: 'one-stripped',
    signs: 'text',
    weakness: REPEATS,
  },
  'legacy-desk-zero-iv-escaped-signature': {
    fields: 'desk',
    iv: 'zero',
    letters: 'standard',
    equals: 'kept',
    columns: 76,
    signs: 'escaped',
    weakness: REPEATS,
  },
  'legacy-desk-unsigned': {
    fields: 'desk',
    iv: 'zero',
    letters: 'first-hit-url-safe',
    equals: 'stripped',
    signs: 'nothing',
    weakness: UNSIGNED,
  },
  tender: {
    fields: 'tender',
    iv: 'zero',
    letters: 'url-safe',
    equals: 'stripped',
    signs: 'nothing',
    weakness: UNSIGNED,
  },
  ideascale: {
    fields: 'ideascale',
    iv: 'zero',
    letters: 'url-safe',
    equals: 'stripped',
    signs: 'nothing',
    weakness: UNSIGNED,
  },
} satisfies Record<string, Recipe>;

export type WrittenDialect = keyof typeof RECIPES;

export const WRITTEN_DIALECTS: readonly string[] = Object.keys(RECIPES);

export function isWrittenDialect(name: string): name is WrittenDialect {
  return Object.hasOwn(RECIPES, name);
}

export function recipeOf(dialect: WrittenDialect): Recipe {
  return RECIPES[dialect];
}

/** What to warn about while applications are given passes in this dialect; nothing if it is sound. */
export function weaknessOf(dialect: WrittenDialect): string | undefined {
  return recipeOf(dialect).weakness;
}
