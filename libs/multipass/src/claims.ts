import { parseExpires, parseTenderExpires } from './expires.js';
import { invalidData } from './token.js';

/** What a token says about one person. Whoever holds the key wrote it; `to` is often copied from a visitor's query. */
export interface MultipassClaims {
  uid: string;
  email: string;
  /** Empty when the script sent none. */
  name: string;
  /** An absolute http(s) address, not yet checked against any allow-list. */
  to?: string;
  expires: Date;
  custom: Record<string, string>;
}

type Members = Map<string, string>;

const CUSTOM = 'customer_custom_';

const ABSOLUTE = /^https?:\/\/[^\s\\/?#@\p{Cc}]+([/?#][^\s\\\p{Cc}]*)?$/iu;

export function deskClaims(members: Members): MultipassClaims {
  if (!members.has('customer_email') && members.has('email')) {
    throw invalidData('it has "email" but no "customer_email": a script from before May 2011, or one for Tender.');
  }
  const custom = [...members].filter(([name]) => name.startsWith(CUSTOM));
  return {
    uid: uid(members, ['uid']),
    email: email(members, 'customer_email'),
    name: storable(textOf(members, 'customer_name') ?? ''),
    ...to(members),
    expires: instantOf(members, 'expires', parseExpires),
    custom: customFields(custom.map(([name, source]) => [name.slice(CUSTOM.length), valueOf(source)])),
  };
}

/** Tender, IdeaScale (`ssoId`, `attributes`) and UserVoice's old format (`guid`) share everything but a few names. */
export function tenderClaims(members: Members): MultipassClaims {
  const attributes = valueOf(members.get('attributes') ?? 'null');
  return {
    uid: uid(members, ['unique_id', 'guid', 'ssoId']),
    email: email(members, 'email'),
    name: storable(textOf(members, 'name') ?? ''),
    ...to(members),
    expires: instantOf(members, 'expires', parseTenderExpires),
    custom: customFields(typeof attributes === 'object' && attributes !== null ? Object.entries(attributes) : []),
  };
}

/** Without `identifier`, Shopify itself knows people by their address. */
export function shopifyClaims(
  members: Members,
): Omit<MultipassClaims, 'expires'> & { createdAt: Date; remoteIp?: string } {
  const address = email(members, 'email');
  const remoteIp = textOf(members, 'remote_ip');
  const names = [textOf(members, 'first_name'), textOf(members, 'last_name')];
  return {
    uid: (members.get('identifier') ?? 'null') === 'null' ? address : uid(members, ['identifier']),
    email: address,
    name: storable(names.filter(Boolean).join(' ')),
    ...to(members, 'return_to'),
    ...(remoteIp !== undefined && { remoteIp }),
    createdAt: instantOf(members, 'created_at', parseExpires),
    custom: {},
  };
}

/** Numbers keep their digits: ids of 17 digits, read as doubles, would make two people one. */
function uid(members: Members, names: string[]): string {
  const name = names.find((candidate) => (members.get(candidate) ?? 'null') !== 'null');
  const source = name === undefined ? undefined : members.get(name);
  if (name === undefined || source === undefined) throw invalidData(`there is no ${names.join(', ')}.`);
  if (/^(0|-?[1-9]\d*)$/.test(source)) return source;
  const value = valueOf(source);
  if (typeof value !== 'string' || value.trim() === '' || unstorable(value)) {
    throw invalidData(`"${name}" is neither a text nor a whole number.`);
  }
  return value;
}

function email(members: Members, name: string): string {
  const value = textOf(members, name)?.trim();
  if (value === undefined || value === '') throw invalidData(`there is no "${name}".`);
  if (!/^\S+@[^\s@]+$/.test(value) || unstorable(value)) throw invalidData(`"${name}" is not an e-mail address.`);
  return value;
}

function instantOf(members: Members, name: string, parse: (text: string) => Date | undefined): Date {
  const text = textOf(members, name);
  // The old gem took an empty text for "never expires".
  if (text === undefined || text === '') throw invalidData(`there is no "${name}" text.`);
  const at = parse(text);
  if (!at) throw invalidData(`"${name}" is in no known format; use ISO 8601, like 2030-01-31T12:00:00+00:00.`);
  return at;
}

/** Relative, scheme-relative and script addresses, and those that browsers and parsers read differently, are dropped. */
function to(members: Members, name = 'to'): { to?: string } {
  const text = textOf(members, name);
  if (text === undefined || !ABSOLUTE.test(text) || !URL.canParse(text)) return {};
  return { to: text };
}

function customFields(fields: [string, unknown][]): Record<string, string> {
  const scalars = fields.filter(
    ([name, value]) =>
      name !== '' &&
      // Harmless here, but not to the next one who copies the fields with Object.assign.
      name !== '__proto__' &&
      !unstorable(name) &&
      (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'),
  );
  return Object.fromEntries(scalars.map(([name, value]) => [name, storable(String(value))]));
}

function textOf(members: Members, name: string): string | undefined {
  const value = valueOf(members.get(name) ?? 'null');
  return typeof value === 'string' ? value : undefined;
}

function valueOf(source: string): unknown {
  return JSON.parse(source);
}

/** Control characters forge log lines, NUL breaks a database write, and broken surrogates are one letter once stored. */
function unstorable(text: string): boolean {
  return /[\p{Cc}\p{Cs}]/u.test(text);
}

function storable(text: string): string {
  return text.replaceAll('\u0000', '').replace(/\p{Cs}/gu, '\ufffd');
}
