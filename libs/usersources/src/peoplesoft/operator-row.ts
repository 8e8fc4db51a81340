/** Columns of PSOPRDEFN by name, in any case; blanks at the end of a value are how PeopleSoft writes nothing. */
export type OperatorRow = Readonly<Record<string, unknown>>;

/** A cell as PeopleSoft means it: numbers as text, nothing but blanks as nothing. */
export function valueOf(row: OperatorRow, column: string): string | undefined {
  const found = Object.keys(row).find((name) => name.toUpperCase() === column);
  const value = found === undefined ? undefined : row[found];
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(Number(value));
  if (typeof value !== 'string') return undefined;
  const text = value.replace(/(?<! ) +$/, '');
  return text === '' ? undefined : text;
}

export const isLocked = (row: OperatorRow): boolean => {
  const lock = valueOf(row, 'ACCTLOCK');
  return lock !== undefined && lock !== '0';
};

/** ACCTLOCK is never NULL in PeopleSoft: a view that makes it so does not say that anybody is unlocked. */
export const isUnlocked = (row: OperatorRow): boolean => valueOf(row, 'ACCTLOCK') === '0';
