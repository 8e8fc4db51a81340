import type { Letter } from '../mail/letter.js';
import type { Texts } from '../pages/texts.js';

/**
 * Letters of the built-in accounts. Nothing in them was typed by whoever asked: a stranger cannot have their own words
 * sent to somebody in our name.
 */
export function registerLetter(texts: Texts, to: string, brand: string, href: string): Letter {
  const { subject, text, action, closing } = texts.letters.register;
  return {
    to,
    lang: texts.lang,
    dir: texts.dir,
    subject: subject(brand),
    paragraphs: [text(brand)],
    action: { label: action, href },
    closing,
  };
}

export function alreadyRegisteredLetter(texts: Texts, to: string, brand: string, href: string): Letter {
  const { subject, text, lost, action, closing } = texts.letters.alreadyRegistered;
  return {
    to,
    lang: texts.lang,
    dir: texts.dir,
    subject: subject(brand),
    paragraphs: [text(brand), lost],
    action: { label: action, href },
    closing,
  };
}

export function lostPasswordLetter(texts: Texts, to: string, brand: string, href: string): Letter {
  const { subject, text, action, closing } = texts.letters.lostPassword;
  return {
    to,
    lang: texts.lang,
    dir: texts.dir,
    subject: subject(brand),
    paragraphs: [text(brand)],
    action: { label: action, href },
    closing,
  };
}

export function noPasswordLetter(texts: Texts, to: string, brand: string, href: string): Letter {
  const { subject, text, ways, action, closing } = texts.letters.noPassword;
  return {
    to,
    lang: texts.lang,
    dir: texts.dir,
    subject: subject(brand),
    paragraphs: [text(brand), ways],
    action: { label: action, href },
    closing,
  };
}

export function passwordChangedLetter(texts: Texts, to: string, brand: string, href: string): Letter {
  const { subject, text, notYou, action } = texts.letters.passwordChanged;
  return {
    to,
    lang: texts.lang,
    dir: texts.dir,
    subject: subject(brand),
    paragraphs: [text(brand), notYou],
    action: { label: action, href },
  };
}
