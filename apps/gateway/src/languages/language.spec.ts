import { accepted, firstSpoken, languageOf } from './language.js';

describe('the language of a visit', () => {
  it.each([
    ['de', 'de'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de'],
    ['nl, fr;q=0.8, en;q=0.7', 'fr'],
    ['en;q=0.5, ja;q=0.9', 'ja'],
    ['fr;q=0, es', 'es'],
    ['es;q=0.8, fr;q=0.8', 'es'],
    ['zh-Hans-CN, ko', undefined],
    ['*', undefined],
    ['', undefined],
    ['de;q=nonsense', 'de'],
    ['constructor, __proto__, toString', undefined],
  ])('of Accept-Language “%s” is %s', (header, language) => {
    expect(accepted(header)).toBe(language);
  });

  it('is the first we speak of a list in order', () => {
    expect(firstSpoken(['nl', 'fr-CA', 'de'])).toBe('fr');
    expect(firstSpoken([])).toBeUndefined();
    expect(firstSpoken(undefined)).toBeUndefined();
  });

  it('is read from tags of any spelling', () => {
    expect([languageOf('DE_de'), languageOf(' ja-JP '), languageOf('deutsch')]).toEqual(['de', 'ja', undefined]);
  });

  it('of a header without end is found in no time', () => {
    const began = performance.now();
    accepted('a;q=0.1,'.repeat(100_000));
    expect(performance.now() - began).toBeLessThan(50);
  });
});
