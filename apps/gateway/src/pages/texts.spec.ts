import { LANGUAGES, type Language } from '../languages/language.js';
import { textsIn } from './texts.js';

type Leaf = [path: string, text: string];

/** Every text of a language, its blanks filled. */
function leaves(value: unknown, path = ''): Leaf[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, String(Reflect.apply(value, undefined, ['«1»', '«2»']))]];
  if (typeof value !== 'object' || value === null) throw new Error(`no text at ${path}`);
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, path === '' ? name : `${path}.${name}`));
}

const translations = Object.keys(LANGUAGES).filter((language): language is Language => language !== 'en');
const english = new Map(leaves(textsIn('en')));

/** Words that are the same there. */
const SAME: Partial<Record<Language, string[]>> = {
  de: [
    'account.name',
    'portal.portalArea',
    'secondFactor.passkey',
    'account.passkey',
    'ownership.code',
    'trial.name',
    'mismatch.heading',
    'dir',
  ],
  fr: ['portal.agent', 'portal.adminArea', 'ownership.code', 'dir'],
  es: ['portal.portalArea', 'dir'],
  ja: ['dir'],
};

describe.each(translations)('the texts in %s', (language) => {
  const texts = leaves(textsIn(language));

  it('say all that English says, and leave nothing in English', () => {
    expect(texts.map(([path]) => path).sort()).toEqual([...english.keys()].sort());
    const left = texts.filter(([path, text]) => text === english.get(path)).map(([path]) => path);
    expect(left.filter((path) => !SAME[language]?.includes(path))).toEqual([]);
  });

  it('name everything that English names', () => {
    for (const [path, text] of texts) {
      const named = (english.get(path) ?? '').match(/«\d»/g) ?? [];
      expect([path, ...new Set(text.match(/«\d»/g) ?? [])]).toEqual([path, ...new Set(named)]);
    }
  });

  it('know their own name, and are ready to print', () => {
    expect(textsIn(language).lang).toBe(language);
    for (const [path, text] of texts)
      expect([path, text.trim(), /\$\{|undefined|'/.test(text)]).toEqual([path, text, false]);
  });
});
