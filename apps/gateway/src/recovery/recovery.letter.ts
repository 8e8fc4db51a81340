import { momentIn } from '../languages/dates.js';
import type { Visit } from '../http/visit.js';
import type { Letter } from '../mail/letter.js';

/** To the one who asked: the link and nothing that they typed. */
export function mailedLinkLetter({ texts, brand }: Visit, to: string, href: string): Letter {
  const { subject, text, action, closing } = texts.recovery.mailedLink;
  return {
    to,
    lang: texts.lang,
    dir: texts.dir,
    subject: subject(brand.name),
    paragraphs: [text(brand.name)],
    action: { label: action, href },
    closing,
  };
}

/** To all admins: somebody who can run commands on the host let themselves in. */
export function recoveryLetter({ texts, brand }: Visit, to: string, when: Date): Letter {
  const { subject, text, notYou } = texts.recovery.letter;
  return {
    to,
    lang: texts.lang,
    dir: texts.dir,
    subject: subject(brand.name),
    paragraphs: [text(brand.name, momentIn(texts.lang, when)), notYou],
  };
}
