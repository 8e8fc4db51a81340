import { Refusal } from '@passbroker/model';
import type { Health, ProbeAsk, Usersource } from '@passbroker/usersources';
import type { Circuit } from './circuit.js';

/** The probe's own answer, or what it means that there was none. It never throws. */
export async function probed(usersource: Usersource, ms: number, ask?: ProbeAsk): Promise<Health> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Health>((resolve) => {
    timer = setTimeout(() => resolve(failed(`no answer within ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([usersource.probe(ask), late]);
  } catch (error) {
    return failed(error instanceof Refusal ? error.detail : 'the probe itself failed');
  } finally {
    clearTimeout(timer);
  }
}

/**
 * One that is left alone: the probe is the one call that tries whether it is back.
 * @returns nothing when its pause is not over
 */
export async function triedAgain(usersource: Usersource, circuit: Circuit, ms: number): Promise<Health | undefined> {
  let health: Health | undefined;
  const work = async (): Promise<void> => {
    health = await probed(usersource, ms);
    if (health.state === 'down') throw new Refusal('usersource.unreachable', inWords(health));
  };
  await circuit.call('probe', ms + 1_000, work).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
  });
  return health;
}

/** What went wrong, else the last thing that went well. */
export function inWords({ steps }: Health): string {
  const { step, detail } = steps.find(({ ok }) => !ok) ?? steps.at(-1) ?? { step: 'probe', detail: 'answered' };
  return `${step}: ${detail}`;
}

const failed = (detail: string): Health => ({ state: 'down', steps: [{ step: 'probe', ok: false, detail }] });
