export type Entry = Record<string, string | string[]>;

/** One RDN value, RFC 4514 2.4. */
export const escapedRdn = (value: string): string =>
  value
    .replace(/[,+"\\<>;=]/g, '\\$&')
    .replace(/^[# ]/, '\\$&')
    .replace(/ $/, '\\ ');

/** RFC 2849: whatever is not plain goes as base64. */
function line(name: string, value: string): string {
  const plain = /^[!-9;=-~][ -~]*$/.test(value) && !value.endsWith(' ');
  return plain ? `${name}: ${value}` : `${name}:: ${Buffer.from(value).toString('base64')}`;
}

export const ldif = (entries: Iterable<readonly [dn: string, entry: Entry]>): string =>
  [...entries]
    .map(([dn, entry]) =>
      [
        line('dn', dn),
        ...Object.entries(entry).flatMap(([name, values]) => [values].flat().map((value) => line(name, value))),
        '',
      ].join('\n'),
    )
    .join('\n');
