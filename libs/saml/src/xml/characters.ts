import { Refusal } from '@passbroker/model';

/** Controls other than tab and line ends, and the two that are no characters; lone surrogates are no UTF-8. */
const ILLEGAL = /[^\P{Cc}\t\n\r\x7f-\x9f]|[\ufffe\uffff]/u;

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** XML 1.0, 2.2: what may stand in a document at all. */
export const isLegal = (text: string): boolean => !ILLEGAL.test(text);

/** Decodes once. Only the five predefined entities exist here, because nobody may declare others. */
export function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&]{0,12};?)/g, (_, body: string) => {
    const name = body.endsWith(';') ? body.slice(0, -1) : '';
    const decoded = PREDEFINED.get(name) ?? numeric(name);
    if (decoded === undefined) throw new Refusal('upstream.malformed', 'the XML has an entity that XML does not know');
    return decoded;
  });
}

function numeric(name: string): string | undefined {
  const match = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
  if (!match) return undefined;
  const code = match[1] !== undefined ? parseInt(match[1], 16) : Number(match[2]);
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  const character = String.fromCodePoint(code);
  return isLegal(character) ? character : undefined;
}

/** Canonical XML 1.0, 2.3: the one way to write text. */
export const escapeText = (text: string): string =>
  /[&<>\r]/.test(text)
    ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#xD;')
    : text;

/** Canonical XML 1.0, 2.3: the one way to write an attribute's value, in double quotes. */
export const escapeAttribute = (text: string): string =>
  /[&<"\t\n\r]/.test(text)
    ? text
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('"', '&quot;')
        .replaceAll('\t', '&#x9;')
        .replaceAll('\n', '&#xA;')
        .replaceAll('\r', '&#xD;')
    : text;
