import { Refusal, type RefusalCode } from '@passbroker/model';

/** Longest query seen in the field is under 500 characters; a CNAME in `to` and custom fields add to it. */
const LONGEST_QUERY = 8 * 1024;

/** One parameter, both ways: some scripts sign the text before percent-encoding, some after. */
export interface Carried {
  escaped: string;
  text: string;
}

/**
 * Reads one parameter from the query string as it stood in the URL. A parsed query would not do: parsers turn `+` into
 * spaces, trim line ends that the signature covers, and pick one of two duplicates (another part of the system might
 * pick the other).
 */
export function carriedParameter(rawQuery: string, name: string, code: RefusalCode): Carried | undefined {
  if (Buffer.byteLength(rawQuery) > LONGEST_QUERY) {
    throw new Refusal('multipass.invalid_data', `The query string is longer than ${LONGEST_QUERY} bytes.`);
  }
  const found: string[] = [];
  for (const pair of rawQuery.replace(/^\?/, '').split('&')) {
    const equals = pair.indexOf('=');
    const key = percentDecoded(equals < 0 ? pair : pair.slice(0, equals));
    if (key?.startsWith(`${name}[`))
      throw new Refusal(code, `The parameter "${name}" is an array; it must be one text.`);
    if (key === name) found.push(equals < 0 ? '' : pair.slice(equals + 1));
  }
  const [escaped, second] = found;
  if (escaped === undefined) return undefined;
  if (second !== undefined) throw new Refusal(code, `The parameter "${name}" occurs more than once.`);
  if (escaped === '') throw new Refusal(code, `The parameter "${name}" is empty.`);
  const text = percentDecoded(escaped);
  if (text === undefined) throw new Refusal(code, `The parameter "${name}" is not properly percent-encoded.`);
  // An unescaped `+` may arrive as a space. Base64 has no spaces, so the way back is safe.
  return { escaped, text: text.replaceAll(' ', '+') };
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
