import { scrypt, timingSafeEqual } from 'node:crypto';

export interface Person {
  uid: string;
  name: string;
  email: string;
  department: string;
}

interface Row extends Person {
  username: string;
  /** Shown on the login page: this is a demo. */
  hint: string;
  salt: string;
  /** scrypt, N=16384, r=8, p=1, 32 bytes. */
  hash: string;
}

/** The intranet's own user table. */
const TABLE: readonly Row[] = [
  {
    username: 'jane',
    hint: 'coyote-42',
    uid: 'u-1001',
    name: 'Jane Doe',
    email: 'jane.doe@acme.test',
    department: 'Support',
    salt: 'WKXA/v9NG6vXLmaC',
    hash: 'tcGauJTi+f01lx6UqfnghUovnlLgcNZI2gPXVgCOjFk=',
  },
  {
    username: 'zoe',
    hint: 'anvil-17',
    uid: 'u-1002',
    name: 'Zoë Müller',
    email: 'zoe.mueller@acme.test',
    department: 'Research',
    salt: 'WMoVSahA+2pqtgIJ',
    hash: 'HjbQ1QM6YcU1BUw/pa9MyAUgMxRyTrRRSzgkO4Gew7g=',
  },
  {
    username: 'sean',
    hint: 'rocket-88',
    uid: 'u-1003',
    name: 'Seán O’Reilly',
    email: 'sean.oreilly@acme.test',
    department: 'Logistics',
    salt: 'gfTGtuZxZRNyLXtH',
    hash: 'DxHSJTakJyhLZ0Heax5XFQIX6YuO//P9xZX1Q0ylmzc=',
  },
  {
    username: 'aiko',
    hint: 'magnet-63',
    uid: 'u-1004',
    name: 'Aiko Tanaka',
    email: 'aiko.tanaka@acme.test',
    department: 'Design',
    salt: '44vLqHRIFhVVOGC5',
    hash: '4l4GmJW/cJfutihNGf8gXgv58G0ithw4Wqc2zHvULG8=',
  },
];

/** For the login page and for tests. */
export const demoPeople: readonly { username: string; password: string; name: string }[] = TABLE.map(
  ({ username, hint, name }) => ({ username, password: hint, name }),
);

/** Takes the same time for names that nobody has. */
export async function personBy(username: string, password: string): Promise<Person | undefined> {
  const row = TABLE.find((candidate) => candidate.username === username.trim().toLowerCase());
  const { salt, hash } = row ?? { salt: '', hash: Buffer.alloc(32).toString('base64') };
  const right = await matches(password, Buffer.from(salt, 'base64'), Buffer.from(hash, 'base64'));
  if (!row || !right) return undefined;
  const { uid, name, email, department } = row;
  return { uid, name, email, department };
}

function matches(password: string, salt: Buffer, hash: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hash.length, (error, made) =>
      error ? reject(error) : resolve(timingSafeEqual(made, hash)),
    );
  });
}
