import type { Mailer, Message } from '../src/mail/letter.js';

/** A mail server that keeps what it is given. */
export class FakeMailer implements Mailer {
  readonly letters: Message[] = [];

  async send(message: Message): Promise<void> {
    this.letters.push(message);
  }

  async close(): Promise<void> {}

  /** Letters to an address, once there are so many: they are written after the answer. */
  async to(address: string, many = 1): Promise<Message[]> {
    for (let left = 300; left > 0; left -= 1) {
      const found = this.letters.filter(({ to }) => to.toLowerCase() === address.toLowerCase());
      if (found.length >= many) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`${many} letters to ${address} were expected`);
  }

  /** Path and query of the link in the newest letter to an address. */
  async linkTo(address: string, many = 1): Promise<URL> {
    return new URL((await this.to(address, many)).at(-1)?.link ?? '');
  }

  /** For what must not be written: as long as everything else here takes, many times over. */
  async nothing(): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, 150));
    return this.letters.length;
  }
}
