import { Refusal } from '@passbroker/model';

export interface LifetimeRules {
  /** Refuse tokens that live longer than this from now on. No limit unless given: nothing published forbids 2099. */
  maxLifetimeSec?: number;
  /** How far the script's clock may be off, both ways. 0 unless given. */
  clockSkewSec?: number;
}

export function demandAlive(expires: Date, now: Date, { maxLifetimeSec, clockSkewSec = 0 }: LifetimeRules): void {
  const remaining = (expires.getTime() - now.getTime()) / 1000;
  // Both questions are asked so that a clock which is not a number refuses.
  if (!(remaining + clockSkewSec > 0)) {
    throw new Refusal(
      'multipass.expired',
      `Multipass expired: it was good until ${expires.toISOString()}. If it was just made, the clock or the time zone of the script's machine is wrong.`,
    );
  }
  if (maxLifetimeSec !== undefined && !(remaining - clockSkewSec <= maxLifetimeSec)) {
    throw new Refusal(
      'multipass.too_long_lived',
      `Multipass lives too long: until ${expires.toISOString()}; at most ${maxLifetimeSec} seconds are allowed here.`,
    );
  }
}
