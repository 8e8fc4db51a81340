import type { Letter } from '../mail/letter.js';
import { texts } from '../pages/texts.en.js';

/**
 * Letters of the built-in accounts. Nothing in them was typed by whoever asked: a stranger cannot have their own words
 * sent to somebody in our name.
 */
export function registerLetter(to: string, brand: string, href: string): Letter {
  const { subject, text, action, closing } = texts.letters.register;
  return { to, subject: subject(brand), paragraphs: [text(brand)], action: { label: action, href }, closing };
}

export function alreadyRegisteredLetter(to: string, brand: string, href: string): Letter {
  const { subject, text, lost, action, closing } = texts.letters.alreadyRegistered;
  return { to, subject: subject(brand), paragraphs: [text(brand), lost], action: { label: action, href }, closing };
}

export function lostPasswordLetter(to: string, brand: string, href: string): Letter {
  const { subject, text, action, closing } = texts.letters.lostPassword;
  return { to, subject: subject(brand), paragraphs: [text(brand)], action: { label: action, href }, closing };
}

export function noPasswordLetter(to: string, brand: string, href: string): Letter {
  const { subject, text, ways, action, closing } = texts.letters.noPassword;
  return { to, subject: subject(brand), paragraphs: [text(brand), ways], action: { label: action, href }, closing };
}

export function passwordChangedLetter(to: string, brand: string, href: string): Letter {
  const { subject, text, notYou, action } = texts.letters.passwordChanged;
  return { to, subject: subject(brand), paragraphs: [text(brand), notYou], action: { label: action, href } };
}
