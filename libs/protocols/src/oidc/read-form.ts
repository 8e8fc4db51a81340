import type { IncomingMessage } from 'node:http';
import { Refusal } from '@passbroker/model';

/** More would not fit into an address anyway. */
const LARGEST = 8_192;

/** A form post as a query string. @throws Refusal request.malformed, request.too_large */
export async function readForm(req: IncomingMessage): Promise<string> {
  const type = req.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new Refusal('request.malformed', 'not a form');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > LARGEST) throw new Refusal('request.too_large', `a form of more than ${LARGEST} bytes`);
    chunks.push(bytes);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8')).toString();
}
