import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** Answers whether a password is in a published leak. */
export type Breached = (password: string) => Promise<boolean>;

/** The largest range of Have I Been Pwned is a tenth of this. */
const MOST_BYTES = 1_048_576;

/**
 * A folder of the files that Have I Been Pwned's downloader writes: `ABCDE.txt`, a line `REST:COUNT` for each leaked
 * SHA-1 that begins so. One small file is read a question, and nothing leaves the machine.
 */
export const breachedIn =
  (folder: string): Breached =>
  async (password) => {
    const digest = createHash('sha1').update(password).digest('hex').toUpperCase();
    const range = await rangeFile(folder, digest.slice(0, 5));
    return range.split('\n').some((line) => line.slice(0, 36).toUpperCase() === `${digest.slice(5)}:`);
  };

/** A folder that was named and cannot be read is the operator's mistake, and no reason to let passwords through. */
async function rangeFile(folder: string, prefix: string): Promise<string> {
  const file = await open(join(folder, `${prefix}.txt`));
  try {
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw new Error(`${prefix}.txt of the breached passwords is too large to be a range`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}
