import { Eta } from 'eta';
import type { Brand } from '@passbroker/model';
import { coloursOf } from '../pages/accent.js';
import type { Letter, Mailer, Message } from './letter.js';
import { letterTemplate } from './letter.template.js';
import type { Outbox } from './outbox.js';

/** Where letters are written out, in the brand's name, and handed over. */
export class PostRoom {
  private readonly eta = new Eta({ autoEscape: true, autoTrim: false });

  constructor(private readonly parts: { mailer: Mailer; outbox: Outbox; from: string }) {
    this.eta.loadTemplate('@letter', letterTemplate);
  }

  /** For work that no answer waits for; letters are posted from within it. */
  later(work: () => Promise<void>): void {
    this.parts.outbox.later(work);
  }

  post(brand: Brand, letter: Letter): Promise<void> {
    const message = this.written(brand, letter);
    return this.parts.outbox.patiently(() => this.parts.mailer.send(message));
  }

  private written(brand: Brand, letter: Letter): Message {
    const { to, subject, paragraphs, action, closing } = letter;
    const text = [
      ...paragraphs,
      ...(action ? [`${action.label}:\n${action.href}`] : []),
      ...(closing ? [closing] : []),
    ];
    const html = this.eta.render('@letter', {
      ...letter,
      brand: brand.name,
      colours: coloursOf(brand.looks.accent),
    });
    return {
      from: { name: brand.name, address: this.parts.from },
      to,
      subject,
      text: `${text.join('\n\n')}\n\n-- \n${brand.name}\n`,
      html,
      link: action?.href,
    };
  }
}
