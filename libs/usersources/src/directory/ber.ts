/**
 * Reading BER as LDAP uses it (RFC 4511 5.1: definite lengths only). ldapts writes our requests; answers are read
 * here, because its reader takes lengths of 2^31 for negative ones and walks in circles, and takes an answer
 * without a result code for success.
 */
export interface Element {
  tag: number;
  content: Buffer;
}

export class MalformedAnswer extends Error {}

/** The header of the element at `offset`; undefined when it has not arrived whole. */
export function header(bytes: Buffer, offset: number): { tag: number; start: number; length: number } | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) return undefined;
  if (first < 0x80) return { tag, start: offset + 2, length: first };
  const count = first - 0x80;
  if (count === 0 || count > 4) throw new MalformedAnswer('a length that LDAP does not know');
  if (bytes.length < offset + 2 + count) return undefined;
  return { tag, start: offset + 2 + count, length: bytes.readUIntBE(offset + 2, count) };
}

/** Everything in a constructed element, one after the other. @throws MalformedAnswer when something sticks out. */
export function elements(content: Buffer): Element[] {
  const found: Element[] = [];
  let offset = 0;
  while (offset < content.length) {
    const next = header(content, offset);
    const end = next ? next.start + next.length : Infinity;
    if (!next || end > content.length) throw new MalformedAnswer('an element sticks out of the one around it');
    found.push({ tag: next.tag, content: content.subarray(next.start, end) });
    offset = end;
  }
  return found;
}

/** INTEGER and ENUMERATED, which LDAP bounds to 31 bits (RFC 4511 4.1.1). */
export function integer(element: Element | undefined, tag = 0x02): number {
  if (element?.tag !== tag || element.content.length < 1 || element.content.length > 4) {
    throw new MalformedAnswer('a number is missing');
  }
  return element.content.readIntBE(0, element.content.length);
}

export const text = (element: Element | undefined): string => element?.content.toString('utf8') ?? '';
