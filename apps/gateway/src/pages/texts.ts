import type { Language } from '../languages/language.js';
import { texts as en } from './texts.en.js';

/** The same texts in any words. */
type Loose<T> = T extends string
  ? string
  : T extends (...about: infer About) => string
    ? (...about: About) => string
    : { readonly [Name in keyof T]: Loose<T[Name]> };

/** What a translation has to say: all that English says. */
export type Texts = Loose<typeof en>;

const IN: Record<Language, Texts> = { en, de: en, fr: en, es: en, ja: en };

export const textsIn = (language: Language): Texts => IN[language];
