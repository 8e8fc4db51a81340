import type { Visit } from '../http/visit.js';
import type { Letter } from '../mail/letter.js';

/** No link: the code belongs into the browser that asked for it, and nowhere else. */
export function addressLetter({ texts, brand }: Visit, to: string, label: string, code: string): Letter {
  const { text, warning } = texts.addressAsked.letter;
  return {
    to,
    lang: texts.lang,
    dir: texts.dir,
    subject: texts.ownership.letter.subject(brand.name),
    paragraphs: [text(brand.name, label), code, warning],
  };
}
