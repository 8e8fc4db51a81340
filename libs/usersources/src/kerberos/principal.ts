import { Refusal } from '@passbroker/model';

/**
 * The name of whom a ticket was given to, in the realm that may speak for our people.
 *
 * `alice@OTHER.REALM` is somebody else than `alice@ACME.TEST` (KRB-004). What libkrb5 escapes is refused: a client that
 * asked for an enterprise name is `olivia\@corp.example@ACME.TEST`, and whoever takes escapes off has two people with
 * one name. Services and machines have tickets too; they are not people.
 * @throws Refusal upstream.refused
 */
export function personIn(realm: string, principal: string): string {
  const cut = principal.lastIndexOf('@');
  const name = principal.slice(0, cut);
  if (cut < 1 || principal.slice(cut + 1) !== realm) {
    throw new Refusal('upstream.refused', `the ticket is somebody’s of another realm than ${realm}`);
  }
  if (/[\\@\p{C}\p{Z}]/u.test(name) || name.length > 256) {
    throw new Refusal('upstream.refused', 'the ticket’s name has characters that no account name has');
  }
  if (name.includes('/') || name.endsWith('$')) {
    throw new Refusal('upstream.refused', 'the ticket is a service’s or a machine’s, not a person’s');
  }
  return name;
}
