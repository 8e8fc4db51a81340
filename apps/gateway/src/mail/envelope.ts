import type { SendMailOptions } from 'nodemailer';
import { headerLine, type Message } from './letter.js';

/** Nothing of a letter is read from a file or an address, whatever stands in it. */
export const envelope = ({ from, to, subject, text, html }: Message, at: Date): SendMailOptions => ({
  from: { name: headerLine(from.name), address: headerLine(from.address) },
  to: { name: '', address: headerLine(to) },
  subject: headerLine(subject),
  text,
  html,
  date: at,
  // Holiday notices are not answers, and lists do not answer machines (RFC 3834).
  headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  disableFileAccess: true,
  disableUrlAccess: true,
});
