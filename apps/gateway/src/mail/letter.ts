import { Refusal } from '@passbroker/model';

/** What one person is told by mail: plain sentences, and at most one thing to press. */
export interface Letter {
  to: string;
  /** Of its words. */
  lang: string;
  dir: string;
  subject: string;
  paragraphs: readonly string[];
  action?: { label: string; href: string };
  /** Below the button: for whom this is none of their doing. */
  closing?: string;
}

/** As it goes out: the same words twice. */
export interface Message {
  from: { name: string; address: string };
  to: string;
  subject: string;
  text: string;
  html: string;
  /** The one link in it, for who reads the mail of a development machine in its log. */
  link: string | undefined;
}

/** One way out of the house. */
export interface Mailer {
  send(message: Message): Promise<void>;
  close(): Promise<void>;
}

/** Longest address that SMTP carries (RFC 5321, 4.5.3.1.3). */
const MAX_ADDRESS_CHARS = 254;
const ADDRESS =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$/;

/**
 * One plain address, as HTML's own e-mail fields take it: no display name, no list, no quotes, no comment, and no
 * letter that merely looks like another (LINK-004). What is not this never meets a mail header (WEB-024).
 */
export function mailAddress(typed: string): string | undefined {
  const address = typed.trim();
  return address.length <= MAX_ADDRESS_CHARS && ADDRESS.test(address) ? address : undefined;
}

/**
 * A header is one line. Nodemailer folds and encodes what it is given; a line break in it is no accident.
 * @throws Refusal request.malformed
 */
export function headerLine(value: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f\u0085\u2028\u2029]/.test(value)) {
    throw new Refusal('request.malformed', 'a mail header with a control character');
  }
  return value;
}
