import { createTransport } from 'nodemailer';
import type { Mailer, Message } from './letter.js';
import { envelope } from './envelope.js';

const PATIENCE = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 };

/** By the operator's server: `smtps://user:password@host`, or `smtp://…?requireTLS=true` for STARTTLS or nothing. */
export class SmtpMailer implements Mailer {
  private readonly transport;

  constructor(
    url: string,
    private readonly now: () => Date,
  ) {
    this.transport = createTransport({ url, pool: true, maxConnections: 2, ...PATIENCE });
  }

  async send(message: Message): Promise<void> {
    await this.transport.sendMail(envelope(message, this.now()));
  }

  async close(): Promise<void> {
    this.transport.close();
  }
}
