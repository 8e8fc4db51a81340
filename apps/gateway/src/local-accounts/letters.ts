import type { Letter } from '../mail/letter.js';
import type { Texts } from '../pages/texts.js';

type Write = (texts: Texts, to: string, brand: string, href: string) => Letter;

/**
 * Letters of the built-in accounts. Nothing in them was typed by whoever asked: a stranger cannot have their own words
 * sent to somebody in our name.
 */
export const registerLetter: Write = (texts, ...about) => {
  const { text, ...words } = texts.letters.register;
  return letter(texts, words, (brand) => [text(brand)], about);
};

export const alreadyRegisteredLetter: Write = (texts, ...about) => {
  const { text, lost, ...words } = texts.letters.alreadyRegistered;
  return letter(texts, words, (brand) => [text(brand), lost], about);
};

export const lostPasswordLetter: Write = (texts, ...about) => {
  const { text, ...words } = texts.letters.lostPassword;
  return letter(texts, words, (brand) => [text(brand)], about);
};

export const noPasswordLetter: Write = (texts, ...about) => {
  const { text, ways, ...words } = texts.letters.noPassword;
  return letter(texts, words, (brand) => [text(brand), ways], about);
};

export const passwordChangedLetter: Write = (texts, ...about) => {
  const { text, notYou, ...words } = texts.letters.passwordChanged;
  return letter(texts, words, (brand) => [text(brand), notYou], about);
};

function letter(
  { lang, dir }: Texts,
  { subject, action, closing }: { subject: (brand: string) => string; action: string; closing?: string },
  paragraphs: (brand: string) => string[],
  [to, brand, href]: [to: string, brand: string, href: string],
): Letter {
  return {
    ...{ to, lang, dir },
    subject: subject(brand),
    paragraphs: paragraphs(brand),
    action: { label: action, href },
    ...(closing !== undefined && { closing }),
  };
}
