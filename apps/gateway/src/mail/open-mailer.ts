import { join } from 'node:path';
import type { Clock, Logger } from '@passbroker/platform';
import { FolderMailer } from './folder.mailer.js';
import type { Mailer } from './letter.js';
import { SmtpMailer } from './smtp.mailer.js';

interface MailConfig {
  NODE_ENV: string;
  DATA_DIR: string;
  SMTP_URL?: string | undefined;
}

export function openMailer(config: MailConfig, now: Clock, log: Logger): Mailer {
  if (config.SMTP_URL !== undefined) return new SmtpMailer(config.SMTP_URL, now);
  const showLinks = config.NODE_ENV === 'development';
  return new FolderMailer({ folder: join(config.DATA_DIR, 'mail'), now, log, showLinks });
}
