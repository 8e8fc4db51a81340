import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { Refusal } from '@passbroker/model';

const OTHERS = 0o007;

/**
 * Whoever reads the keytab can be anybody: with it one makes tickets ("silver tickets") that no domain controller ever
 * gave. A file that every user of the machine can read is not taken.
 * @throws Refusal usersource.misconfigured
 */
export async function checkKeytab(path: string): Promise<void> {
  try {
    const { mode } = await stat(path);
    if ((mode & OTHERS) !== 0) {
      throw new Refusal('usersource.misconfigured', `everybody on this machine can use ${path}: chmod o= it`);
    }
    await access(path, constants.R_OK);
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal('usersource.misconfigured', `the keytab ${path} is not there, or not ours to read`, { cause });
  }
}
