import { Refusal, type Account } from '@passbroker/model';
import type { Passkey, SecondFactorStore } from '@passbroker/catalog';
import type { Clock } from '@passbroker/platform';
import type { Visit } from '../http/visit.js';
import { rpIdOf } from './passkeys.js';
import { newRecoveryCodes, readRecoveryCode, recoveryHash } from './recovery-codes.js';
import { openText, sealText } from './sealed-text.js';
import { isTotpCode, newTotpSecret, stepOf, totpUri } from './totp.js';
import type { SecondFactorTries } from './tries.js';

/** What somebody has, as their own page shows it. */
export interface Factors {
  app: { since: Date } | undefined;
  passkeys: Passkey[];
  recoveryCodes: number;
}

export interface Setup {
  secret: string;
  uri: string;
  /** Carries the secret to the post that confirms it, readable by us alone. */
  sealed: string;
}

const SETUP_MS = 15 * 60_000;

/** Codes of an app and recovery codes: set up, checked once each, taken away. */
export class SecondFactors {
  constructor(
    private readonly parts: {
      store: SecondFactorStore;
      tries: SecondFactorTries;
      now: Clock;
      /** Derived from the gateway's identity. */
      keys: { secrets: Buffer; codes: Buffer };
    },
  ) {}

  has(visit: Visit, account: string): Promise<boolean> {
    return this.parts.store.has(account, rpIdOf(visit));
  }

  async of(visit: Visit, account: string): Promise<Factors> {
    const { store } = this.parts;
    const [totp, passkeys, recoveryCodes] = await Promise.all([
      store.totp(account),
      store.passkeys(account),
      store.recoveryCodesLeft(account),
    ]);
    const here = passkeys.filter(({ rpId }) => rpId === rpIdOf(visit));
    return { app: totp && { since: totp.createdAt }, passkeys: here, recoveryCodes };
  }

  /** Milliseconds to wait before another code may be tried; 0 lets this one through and counts it. */
  reserve(account: string): Promise<number> {
    return this.parts.tries.reserve(account);
  }

  /** A code of the app, or a recovery code; each is good once. @throws Refusal second_factor.wrong */
  async check(account: string, typed: string): Promise<'app' | 'recovery_code'> {
    const code = typed.replace(/\s/g, '');
    const kind = isTotpCode(code) ? 'app' : 'recovery_code';
    const right = kind === 'app' ? await this.checkApp(account, code) : await this.checkRecovery(account, typed);
    if (!right) throw new Refusal('second_factor.wrong', `a wrong, old or used code (${kind})`);
    await this.parts.tries.forgive(account);
    return kind;
  }

  beginSetup(visit: Visit, account: Account, secret = newTotpSecret()): Setup {
    const label = account.emails[0]?.value ?? account.username ?? account.name;
    const until = this.parts.now().getTime() + SETUP_MS;
    const sealed = sealText(this.parts.keys.secrets, `setup ${account.id}`, `${until} ${secret}`);
    return { secret, uri: totpUri(visit.brand.name, label, secret), sealed };
  }

  /** The setup a form brought back, to be shown once more. @throws Refusal session.expired */
  resumeSetup(visit: Visit, account: Account, sealed: string): Setup {
    return this.beginSetup(visit, account, this.secretIn(account.id, sealed));
  }

  /** @throws Refusal second_factor.wrong, session.expired */
  async confirmSetup(account: string, sealed: string, typed: string): Promise<void> {
    const { store, keys, now } = this.parts;
    const secret = this.secretIn(account, sealed);
    const step = stepOf(typed.replace(/\s/g, ''), secret, now());
    if (step === undefined) throw new Refusal('second_factor.wrong', 'the app shows another code');
    await store.setTotp(account, sealText(keys.secrets, `totp ${account}`, secret), step, now());
  }

  /** The new codes, to be shown this once; only their hashes are kept. */
  async renewRecoveryCodes(account: string): Promise<string[]> {
    const codes = newRecoveryCodes();
    const hashes = codes.map((code) => recoveryHash(this.parts.keys.codes, account, code.replaceAll('-', '')));
    await this.parts.store.replaceRecoveryCodes(account, hashes);
    return codes;
  }

  async remove(account: string, what: { app: true } | { passkey: string }): Promise<void> {
    if ('app' in what) await this.parts.store.removeTotp(account);
    else await this.parts.store.removePasskey(account, what.passkey);
  }

  private async checkApp(account: string, code: string): Promise<boolean> {
    const { store, keys, now } = this.parts;
    const kept = await store.totp(account);
    if (!kept) return false;
    const step = stepOf(code, openText(keys.secrets, `totp ${account}`, kept.sealed), now());
    return step !== undefined && store.claimStep(account, step);
  }

  private async checkRecovery(account: string, typed: string): Promise<boolean> {
    const { store, keys, now } = this.parts;
    const code = readRecoveryCode(typed);
    return code !== undefined && store.claimRecoveryCode(account, recoveryHash(keys.codes, account, code), now());
  }

  private secretIn(account: string, sealed: string): string {
    const [until, secret] = this.broughtBack(account, sealed).split(' ');
    if (secret === undefined || Number(until) < this.parts.now().getTime()) {
      throw new Refusal('session.expired', 'the setup of an authenticator app took too long');
    }
    return secret;
  }

  /** A field of a form is anybody's to alter: that is no fault of ours, and no outage. */
  private broughtBack(account: string, sealed: string): string {
    try {
      return openText(this.parts.keys.secrets, `setup ${account}`, sealed);
    } catch (cause) {
      throw new Refusal('session.expired', 'the setup of an authenticator app did not come back as it went out', {
        cause,
      });
    }
  }
}
