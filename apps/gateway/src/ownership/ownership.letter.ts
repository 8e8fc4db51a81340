import type { Visit } from '../http/visit.js';
import type { Letter } from '../mail/letter.js';

/** No link: the code belongs into the browser that asked for it, and nowhere else. */
export function codeLetter({ texts, brand }: Visit, to: string, label: string, code: string): Letter {
  const { subject, text, warning } = texts.ownership.letter;
  return {
    to,
    lang: texts.lang,
    dir: texts.dir,
    subject: subject(brand.name),
    paragraphs: [text(brand.name, label), code, warning],
  };
}
