import { constants, createDecipheriv, privateDecrypt, type KeyObject } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import { fromXmlBase64 } from '../base64.js';
import { NS } from '../names.js';
import { attribute, childOf, childrenOf, elementsOf, is, oneChildOf, textOf, type XmlElement } from '../xml/element.js';

type GcmCipher = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm';

/** Only ciphers that notice a changed byte. CBC is an oracle (Jager and Somorovsky, 2011) however errors look. */
const CIPHERS: ReadonlyMap<string, { name: GcmCipher; keyBytes: number }> = new Map([
  [`${NS.xenc11}aes128-gcm`, { name: 'aes-128-gcm', keyBytes: 16 }],
  [`${NS.xenc11}aes192-gcm`, { name: 'aes-192-gcm', keyBytes: 24 }],
  [`${NS.xenc11}aes256-gcm`, { name: 'aes-256-gcm', keyBytes: 32 }],
]);

const HASHES: ReadonlyMap<string, string> = new Map([
  [`${NS.dsig}sha1`, 'sha1'],
  [`${NS.xenc}sha256`, 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  [`${NS.xenc}sha512`, 'sha512'],
]);

const MASKS: ReadonlyMap<string, string> = new Map([
  [`${NS.xenc11}mgf1sha1`, 'sha1'],
  [`${NS.xenc11}mgf1sha256`, 'sha256'],
  [`${NS.xenc11}mgf1sha384`, 'sha384'],
  [`${NS.xenc11}mgf1sha512`, 'sha512'],
]);

const MOST_KEYS = 4;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** One answer for every way in which it can fail: which step it was is what an oracle tells. */
const failed = (): Refusal => new Refusal('upstream.untrusted', 'an EncryptedAssertion cannot be decrypted');
const refused = (detail: string): Refusal => new Refusal('upstream.untrusted', `an EncryptedAssertion ${detail}`);

/**
 * The plain bytes of an EncryptedAssertion. They are trusted no more than before: whoever knows our public
 * key can encrypt, so that all checks follow as for an assertion that came in the clear.
 *
 * @throws Refusal upstream.untrusted
 */
export function decryptAssertion(encrypted: XmlElement, keys: readonly KeyObject[]): Buffer {
  if (keys.length === 0)
    throw new Refusal('usersource.misconfigured', 'an assertion is encrypted, but there is no spKey');
  const data = oneChildOf(encrypted, NS.xenc, 'EncryptedData');
  const cipher = cipherOf(data);
  const wrapped = encryptedKeysOf(encrypted, data);
  const sealed = cipherValue(data);
  const key = unwrap(wrapped, keys, cipher.keyBytes);
  return open(sealed, key, cipher.name);
}

function cipherOf(data: XmlElement) {
  const uri = attribute(oneChildOf(data, NS.xenc, 'EncryptionMethod'), 'Algorithm') ?? '';
  const cipher = CIPHERS.get(uri);
  if (!cipher) throw refused(`is encrypted by ${uri.slice(0, 100)}: only AES-GCM is read`);
  return cipher;
}

/** Inside of the data, or beside it, as OpenSAML's "peer" placement does; a reference to elsewhere is not followed. */
function encryptedKeysOf(encrypted: XmlElement, data: XmlElement): XmlElement[] {
  const info = childOf(data, NS.dsig, 'KeyInfo');
  const keys = [
    ...(info ? childrenOf(info, NS.xenc, 'EncryptedKey') : []),
    ...childrenOf(encrypted, NS.xenc, 'EncryptedKey'),
  ];
  if (keys.length === 0) throw refused('has no EncryptedKey');
  if (keys.length > MOST_KEYS) throw refused(`has more than ${MOST_KEYS} EncryptedKeys`);
  return keys;
}

/** CipherReference would fetch an address of the sender's choice. */
function cipherValue(element: XmlElement): Buffer {
  const data = oneChildOf(element, NS.xenc, 'CipherData');
  const [value, more] = elementsOf(data);
  if (!value || more || !is(value, NS.xenc, 'CipherValue')) throw refused('has no CipherValue');
  return fromXmlBase64(textOf(value), 'a CipherValue');
}

function unwrap(wrapped: readonly XmlElement[], keys: readonly KeyObject[], keyBytes: number): Buffer {
  const boxes = wrapped.map((each) => ({ hash: oaepHashOf(each), value: cipherValue(each) }));
  for (const { hash, value } of boxes) {
    for (const key of keys) {
      const secret = tryUnwrap(key, hash, value);
      if (secret?.length === keyBytes) return secret;
    }
  }
  throw failed();
}

function tryUnwrap(key: KeyObject, oaepHash: string, value: Buffer): Buffer | undefined {
  try {
    return privateDecrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, value);
  } catch {
    return undefined;
  }
}

/** RSA1_5 is an oracle (Bleichenbacher, 1998). OpenSSL makes the mask with the hash of the digest, as nearly all do. */
function oaepHashOf(encryptedKey: XmlElement): string {
  const method = oneChildOf(encryptedKey, NS.xenc, 'EncryptionMethod');
  const uri = attribute(method, 'Algorithm') ?? '';
  const mgf1p = uri === `${NS.xenc}rsa-oaep-mgf1p`;
  if (!mgf1p && uri !== `${NS.xenc11}rsa-oaep`)
    throw refused(`has a key under ${uri.slice(0, 100)}: only RSA-OAEP is read`);
  if (childOf(method, NS.xenc, 'OAEPparams')) throw refused('has OAEP parameters');
  const digest = childOf(method, NS.dsig, 'DigestMethod');
  const hash = digest ? HASHES.get(attribute(digest, 'Algorithm') ?? '') : 'sha1';
  const mgf = mgf1p ? undefined : childOf(method, NS.xenc11, 'MGF');
  const mask = mgf ? MASKS.get(attribute(mgf, 'Algorithm') ?? '') : 'sha1';
  if (hash === undefined || hash !== mask) throw refused('has a key under RSA-OAEP with two different hashes');
  return hash;
}

function open(sealed: Buffer, key: Buffer, name: GcmCipher): Buffer {
  if (sealed.length <= IV_BYTES + TAG_BYTES) throw failed();
  // A shorter tag would be easier to guess: its length is ours to say, not the message's (CVE-2026-32313).
  const decipher = createDecipheriv(name, key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw failed();
  }
}
