import { connect, isIP } from 'node:net';
import { addressOf } from '../addresses/reach.js';
import type { Health } from '../usersource.js';
import { portOf, type Connection } from './connection.settings.js';
import { LIMITS, type Session } from './session.js';
import type { SqlDatabase } from './sql-database.js';
import { refusalOf } from './trouble.js';

type Step = Health['steps'][number];

/**
 * Walks the road to the database: name → port → encryption and login → the type's own steps, and stops at the first
 * stone. What is told names hosts and codes, never a value of a row.
 */
export async function probeConnection(
  to: Connection,
  { open, mayReach }: Pick<SqlDatabase, 'open' | 'mayReach'>,
  further: readonly { step: string; run: (session: Session) => Promise<string> }[],
): Promise<Health> {
  const steps: Step[] = [];
  const tried = async <T>(step: string, run: () => Promise<{ detail: string; value: T }>): Promise<T | undefined> => {
    try {
      const { detail, value } = await run();
      steps.push({ step, ok: true, detail });
      return value;
    } catch (error) {
      steps.push({ step, ok: false, detail: refusalOf(error).detail });
      return undefined;
    }
  };
  const address = await tried('name', async () => {
    const found = await addressOf(to.host, mayReach);
    return { value: found, detail: `${to.host} is ${isIP(to.host) === 0 ? found : 'an address'}.` };
  });
  const reached = address && (await tried('connect', () => reach(address, portOf(to))));
  const session =
    reached &&
    (await tried('login', async () => ({
      value: await open(),
      detail: `${to.user} is let in${to.tls === 'off' ? ', without encryption' : '; the certificate is in order'}.`,
    })));
  if (!session) return { state: 'down', steps };
  try {
    for (const { step, run } of further) {
      const done = await tried(step, async () => ({ value: true, detail: await run(session) }));
      if (!done) return { state: 'down', steps };
    }
  } finally {
    session.close();
  }
  return { state: 'ok', steps };
}

function reach(address: string, port: number): Promise<{ value: true; detail: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: LIMITS.connectMs });
    const end = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve({ value: true, detail: `Something listens at ${address}, port ${port}.` });
    });
    socket.once('timeout', () => end(new Error(`timeout: nobody answers at port ${port}`)));
    socket.once('error', end);
  });
}
