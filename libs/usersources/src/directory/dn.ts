/**
 * Distinguished names (RFC 4514), to be compared: one server writes `\,` where another writes `\2C`, and text that
 * ends alike need not lie under the same branch. A DN that does not parse equals nothing.
 */
type Rdn = readonly (readonly [type: string, value: string])[];

const OPTIONAL_SPACE = /\s/;
const HEX_PAIR = /^[0-9a-f]{2}$/i;
/** Names and numbers of the types that servers mix (RFC 4519). */
const TYPES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'cn',
  '2.5.4.10': 'o',
  '2.5.4.11': 'ou',
  '0.9.2342.19200300.100.1.1': 'uid',
  '0.9.2342.19200300.100.1.25': 'dc',
  userid: 'uid',
  commonname: 'cn',
  organizationalunitname: 'ou',
  domaincomponent: 'dc',
};

/** Undefined for whatever is no DN. The empty DN has no parts. */
export function parseDn(dn: string): Rdn[] | undefined {
  const parts: [string, string][][] = [[]];
  let at = 0;
  const skip = () => {
    while (at < dn.length && OPTIONAL_SPACE.test(dn.charAt(at))) at++;
  };
  skip();
  if (at === dn.length) return [];
  for (;;) {
    skip();
    const equals = dn.indexOf('=', at);
    const type = equals < 0 ? '' : dn.slice(at, equals).trim().toLowerCase();
    if (!/^([a-z][a-z0-9-]*|\d+(\.\d+)+)$/.test(type)) return undefined;
    at = equals + 1;
    skip();
    const value = readValue(dn, at);
    if (!value) return undefined;
    at = value.end;
    parts.at(-1)?.push([TYPES[type] ?? type, folded(value.text)]);
    if (at === dn.length) break;
    const separator = dn[at++];
    if (separator === ',' || separator === ';') parts.push([]);
    else if (separator !== '+') return undefined;
  }
  return parts.map((pairs) => pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)));
}

function readValue(dn: string, start: number): { text: string; end: number } | undefined {
  const quoted = dn[start] === '"'; // RFC 2253 still lets old servers quote.
  const bytes: Buffer[] = [];
  let at = quoted ? start + 1 : start;
  let solid = 0; // Unescaped blanks behind the last of these do not count.
  let closed = !quoted;
  for (; at < dn.length;) {
    const char = dn.charAt(at);
    if (char === '\\') {
      const pair = dn.slice(at + 1, at + 3);
      if (HEX_PAIR.test(pair)) {
        bytes.push(Buffer.from(pair, 'hex'));
        at += 3;
      } else {
        const next = String.fromCodePoint(dn.codePointAt(at + 1) ?? 0);
        if (at + 1 >= dn.length) return undefined;
        bytes.push(Buffer.from(next));
        at += 1 + next.length;
      }
      solid = bytes.length;
      continue;
    }
    if (quoted && char === '"') {
      closed = true;
      at++;
      while (at < dn.length && OPTIONAL_SPACE.test(dn.charAt(at))) at++;
      break;
    }
    if (!quoted && (char === ',' || char === '+' || char === ';')) break;
    const whole = String.fromCodePoint(dn.codePointAt(at) ?? 0);
    bytes.push(Buffer.from(whole));
    if (quoted || !OPTIONAL_SPACE.test(char)) solid = bytes.length;
    at += whole.length;
  }
  if (!closed) return undefined;
  return { text: Buffer.concat(bytes.slice(0, solid)).toString('utf8'), end: at };
}

/** caseIgnoreMatch, as far as names of people and groups need it (RFC 4518). */
const folded = (value: string): string => value.normalize('NFC').toLowerCase().replace(/\s+/g, ' ');

const rdnKey = (rdn: Rdn): string => JSON.stringify(rdn);

/** Equal for equal DNs, however they are written; for sets and maps. Undefined for whatever is no DN. */
export function dnKey(dn: string): string | undefined {
  return parseDn(dn)?.map(rdnKey).join(',');
}

export function sameDn(left: string, right: string): boolean {
  const key = dnKey(left);
  return key !== undefined && key === dnKey(right);
}

/** Whether it is `base` itself or lies below it. */
export function isUnder(dn: string, base: string): boolean {
  const parts = parseDn(dn)?.map(rdnKey);
  const above = parseDn(base)?.map(rdnKey);
  if (!parts || !above || above.length === 0 || parts.length < above.length) return false;
  return above.every((part, index) => part === parts[parts.length - above.length + index]);
}

/** One value, to stand in a DN (RFC 4514 2.4). */
export function escapeDnValue(value: string): string {
  const outside = (at: number): boolean => at === 0 || at === value.length - 1;
  return value.replaceAll(/./gsu, (char, at: number) => {
    if (char === '\0') return '\\00';
    const special = '\\,+"<>;='.includes(char) || (char === ' ' && outside(at)) || (char === '#' && at === 0);
    return special ? `\\${char}` : char;
  });
}
