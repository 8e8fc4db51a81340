/** Hosts that are this very computer: plain http never leaves it (RFC 8252, section 7.3). */
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Parameters of our own answers: inside a registered address they would be read as ours (CVE-2026-9689). */
const OURS = [
  'code',
  'state',
  'iss',
  'error',
  'error_description',
  'id_token',
  'access_token',
  'response',
  'session_state',
];

/**
 * Why an address may not be registered, or undefined. An address must be written the way URL parsers write
 * it, because matching later is byte by byte: two spellings of one place are one too many.
 */
export function uriProblem(value: string, kind: 'redirect' | 'plain', native = false): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\s\\*\u0000-\u001f\u007f-\uffff]/.test(value))
    return 'must not contain spaces, wildcards, backslashes or non-ASCII';
  if (value.includes('#')) return 'must not have a fragment';
  if (!URL.canParse(value)) return 'must be an absolute URL';
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') return 'must not carry credentials';
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname)) return 'must be https (http only for localhost)';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    // A private-use scheme is a reversed domain name (RFC 8252, 7.1); this leaves out javascript:, data:, file:.
    if (kind !== 'redirect' || !native || !/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:\/(?!\/)/.test(value))
      return 'must be https';
    return undefined;
  }
  if (url.href !== value && url.href !== `${value}/`) return `must be written in its normal form: ${url.href}`;
  if (kind === 'redirect') {
    const taken = OURS.find((name) => url.searchParams.has(name));
    if (taken !== undefined) return `must not contain the parameter ${taken}`;
  }
  return undefined;
}
