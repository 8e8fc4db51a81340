/** One entry of a directory: names of attributes in any case, values as bytes until somebody knows better. */
export class Entry {
  readonly #values: ReadonlyMap<string, readonly Buffer[]>;

  constructor(
    readonly dn: string,
    attributes: Iterable<readonly [name: string, values: readonly Buffer[]]>,
  ) {
    this.#values = new Map([...attributes].map(([name, values]) => [name.toLowerCase(), values]));
  }

  bytes(name: string): readonly Buffer[] {
    return this.#values.get(name.toLowerCase()) ?? [];
  }

  texts(name: string): string[] {
    return this.bytes(name).map((value) => value.toString('utf8'));
  }

  /** The first value, without the blanks around it; undefined when there is none. */
  text(name: string): string | undefined {
    const value = this.texts(name)[0]?.trim();
    return value === '' ? undefined : value;
  }

  /** A number Active Directory writes in digits, some of them wider than a double is exact. */
  number(name: string): bigint | undefined {
    const value = this.text(name);
    return value !== undefined && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
  }

  names(): string[] {
    return [...this.#values.keys()];
  }

  /** The same entry with one attribute more, or another value of it. */
  with(name: string, values: readonly Buffer[]): Entry {
    return new Entry(this.dn, [...this.#values, [name, values]]);
  }
}

const hex = (bytes: Buffer): string => bytes.toString('hex');

/** objectGUID as Microsoft writes it: the first three groups are little-endian. */
export function guidText(bytes: Buffer): string | undefined {
  if (bytes.length !== 16) return undefined;
  const swapped = Buffer.concat([
    Buffer.from(bytes.subarray(0, 4)).reverse(),
    Buffer.from(bytes.subarray(4, 6)).reverse(),
    Buffer.from(bytes.subarray(6, 8)).reverse(),
    bytes.subarray(8),
  ]);
  return hex(swapped).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** objectSid as Microsoft writes it, `S-1-5-21-…` ([MS-DTYP] 2.4.2). */
export function sidText(bytes: Buffer): string | undefined {
  const count = bytes[1] ?? 0;
  if (bytes[0] !== 1 || bytes.length !== 8 + 4 * count) return undefined;
  const parts = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(8 + 4 * index));
  return ['S-1', bytes.readUIntBE(2, 6), ...parts].join('-');
}
