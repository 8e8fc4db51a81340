import { randomBytes } from 'node:crypto';
import { wrapBase64 } from './base64.js';
import { recipeOf, type Recipe, type WrittenDialect } from './dialects.js';
import { demandKeys, type MultipassKeys } from './keys.js';
import { sign } from './signature.js';
import { invalidData, sealToken, ZERO_IV } from './token.js';

export interface WrittenClaims {
  uid: string;
  email: string;
  name: string;
  to?: string;
  /** Five minutes from now unless given; sent in whole seconds. */
  expires?: Date;
  /** Tender has no custom fields, IdeaScale no return address; there they are left out. */
  custom?: Record<string, string>;
}

export interface WriteOptions {
  randomBytes?: (size: number) => Buffer;
}

const STATIC_IV = Buffer.from('OpenSSL for Ruby');
const USUAL_LIFETIME_MS = 5 * 60_000;

/** Writes a Multipass as the query string to put behind the receiver's callback address. */
export function writeMultipass(
  dialect: WrittenDialect,
  claims: WrittenClaims,
  keys: MultipassKeys,
  now: Date,
  { randomBytes: random = randomBytes }: WriteOptions = {},
): string {
  demandKeys(keys);
  if (claims.uid === '') throw invalidData('a pass needs a uid.');
  if (claims.email === '') throw invalidData('a pass needs an e-mail address.');
  const recipe = recipeOf(dialect);
  const expires = claims.expires ?? new Date(now.getTime() + USUAL_LIFETIME_MS);
  const json = Buffer.from(JSON.stringify(fields(recipe, claims, expires)));
  const bytes = encrypt(recipe, recipe.paddedTwice ? padded(json) : json, keys, random);
  const text = inLines(recipe, inLetters(recipe, bytes.toString('base64')));
  return inQuery(recipe, text, keys.apiKey);
}

function fields(recipe: Recipe, claims: WrittenClaims, expires: Date): Record<string, unknown> {
  const { uid, email, name, to, custom = {} } = claims;
  const until = iso(expires);
  switch (recipe.fields) {
    case 'desk': {
      const own = Object.fromEntries(Object.entries(custom).map(([key, value]) => [`customer_custom_${key}`, value]));
      return { uid, customer_email: email, customer_name: name, ...own, ...(to && { to }), expires: until };
    }
    case 'tender':
      return { unique_id: uid, email, name, ...(to && { to }), expires: until };
    case 'ideascale':
      return { ssoId: uid, email, name, attributes: custom, expires: until.replace('+00:00', '.000+0000') };
  }
}

/** As PHP and Ruby print it: the spelling that every receiver has met. */
function iso(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, '+00:00');
}

function encrypt(recipe: Recipe, plaintext: Buffer, keys: MultipassKeys, random: (size: number) => Buffer): Buffer {
  switch (recipe.iv) {
    case 'random': {
      const iv = random(16);
      return Buffer.concat([iv, sealToken(plaintext, keys, iv)]);
    }
    case 'static':
      return Buffer.concat([STATIC_IV, sealToken(plaintext, keys, STATIC_IV)]);
    case 'zero':
      return sealToken(plaintext, keys, ZERO_IV);
    case 'hidden': {
      const iv = random(16);
      return sealToken(Buffer.concat([iv, plaintext]), keys, iv);
    }
  }
}

function padded(plaintext: Buffer): Buffer {
  const length = 16 - (plaintext.length % 16);
  return Buffer.concat([plaintext, Buffer.alloc(length, length)]);
}

function inLetters({ letters, equals }: Recipe, text: string): string {
  const stripped = equals === 'kept' ? text : text.replace(equals === 'one-stripped' ? /=$/ : /={1,2}$/, '');
  switch (letters) {
    case 'standard':
      return stripped;
    case 'url-safe':
      return stripped.replaceAll('+', '-').replaceAll('/', '_');
    case 'first-hit-url-safe':
      return stripped.replace('+', '-').replace('/', '_');
  }
}

function inLines({ columns }: Recipe, text: string): string {
  return columns === undefined ? text : wrapBase64(text, columns);
}

function inQuery(recipe: Recipe, text: string, apiKey: string): string {
  const name = recipe.fields === 'desk' ? 'multipass' : 'sso';
  switch (recipe.signs) {
    case 'nothing':
      return `${name}=${encodeURIComponent(text)}`;
    case 'text': {
      const signature = inLines(recipe, sign(text, apiKey).toString('base64'));
      return `${name}=${encodeURIComponent(text)}&signature=${encodeURIComponent(signature)}`;
    }
    case 'escaped': {
      // Python's urllib.quote leaves the slash alone.
      const escaped = encodeURIComponent(text).replaceAll('%2F', '/');
      return `${name}=${escaped}&signature=${encodeURIComponent(sign(escaped, apiKey).toString('base64'))}`;
    }
  }
}
