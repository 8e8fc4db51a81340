import { deskClaims, tenderClaims, type MultipassClaims } from './claims.js';
import { demandKeys, type MultipassKeys } from './keys.js';
import { demandAlive, type LifetimeRules } from './lifetime.js';
import { carriedParameter, type Carried } from './query.js';
import { signatureRefusal, verifySignature } from './signature.js';
import { invalidData, openToken } from './token.js';

export interface ReadOptions extends LifetimeRules {
  /** `desk`: `multipass` and `signature`. `tender`: `sso`, never signed, so it needs `allowUnsigned` as well. */
  dialect?: 'desk' | 'tender';
  /** Whoever sees one unsigned token can alter it. Only for scripts from before 2012 that nobody can change. */
  allowUnsigned?: boolean;
}

export interface ReadMultipass extends MultipassClaims {
  dialect: 'desk' | 'desk-unsigned' | 'tender';
  /**
   * The same for all encodings of one token. Claim it, together with the usersource, until `expires` plus the skew.
   * Scripts with a zero IV make the same token twice within one second: be kind to a double click.
   */
  replayKey: string;
}

/** Reads a Multipass login from the query string exactly as it stood in the URL, or throws a Refusal. */
export function readMultipass(
  rawQuery: string,
  keys: MultipassKeys,
  now: Date,
  options: ReadOptions = {},
): ReadMultipass {
  demandKeys(keys);
  const login = options.dialect === 'tender' ? readTender(rawQuery, keys, options) : readDesk(rawQuery, keys, options);
  demandAlive(login.expires, now, options);
  return login;
}

function readDesk(rawQuery: string, keys: MultipassKeys, { allowUnsigned = false }: ReadOptions): ReadMultipass {
  const token = demandToken(rawQuery, 'multipass');
  const signature = carriedParameter(rawQuery, 'signature', 'multipass.signature');
  if (!signature && !allowUnsigned) throw signatureRefusal('there is no "signature" parameter.');
  // The MAC comes before the cipher: nothing that an attacker made is ever decrypted.
  if (signature) verifySignature(token, signature, keys.apiKey);
  // Without a MAC, an IV that is sent along is an editor for the first 16 bytes, the uid among them, and could be put
  // in front of any old token. No script ever sent one unsigned.
  const { members, replayKey } = openToken(token.text, keys, signature ? ['sent', 'zero'] : ['zero']);
  return { ...deskClaims(members), dialect: signature ? 'desk' : 'desk-unsigned', replayKey };
}

function readTender(rawQuery: string, keys: MultipassKeys, { allowUnsigned = false }: ReadOptions): ReadMultipass {
  if (!allowUnsigned)
    throw signatureRefusal('Tender tokens carry no signature, and unsigned tokens are not allowed here.');
  const { members, replayKey } = openToken(demandToken(rawQuery, 'sso').text, keys, ['zero']);
  return { ...tenderClaims(members), dialect: 'tender', replayKey };
}

function demandToken(rawQuery: string, name: string): Carried {
  const token = carriedParameter(rawQuery, name, 'multipass.invalid_data');
  if (!token) throw invalidData(`there is no "${name}" parameter.`);
  return token;
}
