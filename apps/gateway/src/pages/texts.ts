import type { Language } from '../languages/language.js';
import { texts as de } from './texts.de.js';
import { texts as en, type Texts } from './texts.en.js';
import { texts as es } from './texts.es.js';
import { texts as fr } from './texts.fr.js';
import { texts as ja } from './texts.ja.js';

export type { Texts } from './texts.en.js';

const IN: Record<Language, Texts> = { en, de, fr, es, ja };

export const textsIn = (language: Language): Texts => IN[language];
