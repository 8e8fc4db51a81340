import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import type { Logger } from '@passbroker/platform';
import { envelope } from './envelope.js';
import type { Mailer, Message } from './letter.js';

interface Parts {
  folder: string;
  now: () => Date;
  log: Logger;
  /** On a developer's machine only: whoever reads the log could otherwise set anybody's password. */
  showLinks: boolean;
}

/** Where no server was named: each message is a file that any mail program opens. */
export class FolderMailer implements Mailer {
  private readonly transport = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });

  constructor(private readonly parts: Parts) {}

  async send(message: Message): Promise<void> {
    const { folder, now, log, showLinks } = this.parts;
    const at = now();
    const { message: bytes } = await this.transport.sendMail(envelope(message, at));
    if (!Buffer.isBuffer(bytes)) throw new Error('a letter that was to be bytes is a stream');
    const name = `${at.toISOString().replaceAll(/[:.]/g, '-')}-${randomBytes(4).toString('hex')}.eml`;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, name), bytes, { mode: 0o600 });
    const { link } = message;
    log.info({ file: join(folder, name), ...(showLinks && link !== undefined && { link }) }, 'mail written to a file');
  }

  async close(): Promise<void> {}
}
