import { createHash } from 'node:crypto';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { z } from 'zod';
import { Refusal, type Account } from '@passbroker/model';
import type { Passkey, SecondFactorStore } from '@passbroker/catalog';
import type { Clock, Redis } from '@passbroker/platform';
import type { Visit } from '../http/visit.js';

type Purpose = 'register' | 'second_factor' | 'sign_in';

const CHALLENGE_SEC = 300;
const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'] as const;

const base64url = z
  .string()
  .max(8_192)
  .regex(/^[A-Za-z0-9_-]+$/);
const common = { id: base64url, rawId: base64url, type: z.literal('public-key') };
const registrationShape = z.object({
  ...common,
  clientExtensionResults: z.object({}).prefault({}),
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string()).max(10).prefault([]),
  }),
});
const authenticationShape = z.object({
  ...common,
  clientExtensionResults: z.object({}).prefault({}),
  response: z.object({
    clientDataJSON: base64url,
    authenticatorData: base64url,
    signature: base64url,
    userHandle: base64url.optional(),
  }),
});
const clientDataShape = z.object({ challenge: base64url });
const challengeShape = z.object({ purpose: z.string(), browser: z.string(), account: z.string().nullable() });

const keyOf = (challenge: string): string =>
  `passkey-challenge:${createHash('sha256').update(challenge).digest('base64url')}`;

/** A passkey is made for a host, and worth nothing on any other. */
export const rpIdOf = (visit: Visit): string => new URL(visit.brand.origin).hostname;

const refusal = (detail: string, cause?: unknown): Refusal => new Refusal('passkey.refused', detail, { cause });

/**
 * WebAuthn: discoverable, user verification always, so that a passkey is two factors in one. A challenge is good
 * once, for one purpose, in the browser it was made for.
 */
export class Passkeys {
  constructor(private readonly parts: { redis: Redis; now: Clock; store: SecondFactorStore }) {}

  /** For `navigator.credentials.create`, as JSON. */
  async toRegister(visit: Visit, account: Account): Promise<string> {
    const rpID = rpIdOf(visit);
    const own = await this.parts.store.passkeys(account.id);
    const options = await generateRegistrationOptions({
      rpName: visit.brand.name,
      rpID,
      userID: new TextEncoder().encode(account.id),
      userName: account.emails[0]?.value ?? account.username ?? account.name,
      userDisplayName: account.name,
      attestationType: 'none',
      excludeCredentials: own.filter((one) => one.rpId === rpID).map(({ id, transports }) => ({ id, transports })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
    await this.keep(options.challenge, 'register', visit, account.id);
    return JSON.stringify(options);
  }

  /** @throws Refusal passkey.refused */
  async register(visit: Visit, account: Account, label: string, answer: string | undefined): Promise<void> {
    const response = read(registrationShape, answer);
    const challenge = await this.take(response.response.clientDataJSON, 'register', visit, account.id);
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: visit.brand.origin,
      expectedRPID: rpIdOf(visit),
      requireUserVerification: true,
    }).catch((error: unknown) => {
      throw refusal(reason(error), error);
    });
    if (!verified || !registrationInfo) throw refusal('the registration does not verify');
    const { credential, credentialDeviceType } = registrationInfo;
    const added = await this.parts.store.addPasskey({
      id: credential.id,
      account: account.id,
      rpId: rpIdOf(visit),
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: response.response.transports.filter((one) => TRANSPORTS.some((known) => known === one)),
      synced: credentialDeviceType === 'multiDevice',
      label,
      createdAt: this.parts.now(),
    });
    if (!added) throw refusal('the credential is registered already');
  }

  /** For `navigator.credentials.get`, as JSON. Without an account any passkey of this host will do. */
  async toAuthenticate(visit: Visit, purpose: 'second_factor' | 'sign_in', account: string | null): Promise<string> {
    const rpID = rpIdOf(visit);
    const own = account === null ? [] : await this.parts.store.passkeys(account);
    const options = await generateAuthenticationOptions({
      rpID,
      userVerification: 'required',
      allowCredentials: own.filter((one) => one.rpId === rpID).map(({ id, transports }) => ({ id, transports })),
    });
    await this.keep(options.challenge, purpose, visit, account);
    return JSON.stringify(options);
  }

  /** @throws Refusal passkey.refused */
  async authenticate(
    visit: Visit,
    purpose: 'second_factor' | 'sign_in',
    account: string | null,
    answer: string | undefined,
  ): Promise<Passkey> {
    const { store, now } = this.parts;
    const response = read(authenticationShape, answer);
    const challenge = await this.take(response.response.clientDataJSON, purpose, visit, account);
    const passkey = await store.passkey(response.id);
    if (!passkey || passkey.rpId !== rpIdOf(visit)) throw refusal('no such passkey is known here');
    if (account !== null && passkey.account !== account) throw refusal('a passkey of another account');
    const handle = response.response.userHandle;
    if (handle !== undefined && Buffer.from(handle, 'base64url').toString('utf8') !== passkey.account) {
      throw refusal('the passkey names another account');
    }
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: visit.brand.origin,
      expectedRPID: passkey.rpId,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        counter: passkey.counter,
        transports: passkey.transports,
      },
    }).catch((error: unknown) => {
      throw refusal(reason(error), error);
    });
    if (!verified) throw refusal('the signature does not verify');
    if (!(await store.passkeyUsed(passkey.id, authenticationInfo.newCounter, now()))) {
      throw refusal('the counter did not grow: there may be a copy of this passkey');
    }
    return passkey;
  }

  private async keep(challenge: string, purpose: Purpose, visit: Visit, account: string | null): Promise<void> {
    const kept = JSON.stringify({ purpose, browser: visit.bindingHash, account });
    await this.parts.redis.set(keyOf(challenge), kept, 'EX', CHALLENGE_SEC);
  }

  private async take(clientData: string, purpose: Purpose, visit: Visit, account: string | null): Promise<string> {
    const { challenge } = read(clientDataShape, Buffer.from(clientData, 'base64url').toString('utf8'));
    const text = await this.parts.redis.getdel(keyOf(challenge));
    const kept = text === null ? undefined : challengeShape.parse(JSON.parse(text));
    const fits = kept?.purpose === purpose && kept.browser === visit.bindingHash && kept.account === account;
    if (!fits) throw refusal('a challenge that was not set, or not here, or was answered already');
    return challenge;
  }
}

function read<T>(shape: z.ZodType<T>, text: string | undefined): T {
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    throw refusal('an answer that is no JSON');
  }
  const read = shape.safeParse(json);
  if (!read.success) throw refusal('an answer of another shape');
  return read.data;
}

const reason = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 200) : 'unverifiable');
