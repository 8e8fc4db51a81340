/**
 * Names that mean something here. No upstream, mapping or first sign-in gives them: what a person may do in the
 * broker is the `admin` and `audience` of their account, which only the admin API sets (I16, LINK-017). They are
 * kept from the account's groups too, because applications read rights into exactly such names.
 */
const RESERVED = new Set([
  ...['admin', 'admins', 'administrator', 'administrators', 'owner', 'owners', 'root', 'superuser', 'superusers'],
  ...['agent', 'agents'],
]);

/** Also in other cases, other widths, and with invisible characters in between. */
export function isReservedGroup(name: string): boolean {
  const plain = name
    .normalize('NFKC')
    .replaceAll(/[\p{C}\p{Z}]/gu, '')
    .toLowerCase();
  return RESERVED.has(plain) || plain.startsWith('passbroker:') || plain.startsWith('urn:passbroker:');
}
