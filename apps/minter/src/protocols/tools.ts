import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { Refusal, type Account, type Brand, type SignInOutcome } from '@passbroker/model';
import { openFrame, sealFrame } from '@passbroker/platform';
import type { ProtocolTools, SigningKeys } from '@passbroker/protocols';
import {
  BINDING_COOKIE,
  bindingHash,
  cookie,
  cookieName,
  isBinding,
  newBinding,
  readCookie,
  sameBrowser,
} from '@passbroker/sign-in';
import type { MinterParts } from '../parts.js';
import type { Applications } from './applications.js';

const SIGN_OUT_MS = 5 * 60_000;

const signedOutShape = z.object({
  id: z.string().max(128),
  ended: z.boolean(),
  /** Hash of the browser's binding cookie, where the gateway gave one. */
  browser: z.string().max(64).optional(),
});

/** What the protocols of one brand may use; made anew when the brand or its keys change. */
export function protocolTools(
  parts: MinterParts,
  applications: Applications,
  brand: Brand,
  keys: SigningKeys,
): ProtocolTools {
  const secure = brand.origin.startsWith('https:');
  const bindingOf = (req: IncomingMessage): string | undefined =>
    readCookie(req.headers.cookie, cookieName(BINDING_COOKIE, secure));

  return {
    brand,
    keys,
    now: parts.now,
    log: parts.log,
    redis: parts.redis,
    fetch: parts.fetch,
    derive: (purpose, length) => parts.identity.derive(purpose, length),
    application: (protocol, id) => reachable(() => applications.find(brand.id, protocol, id)),
    account: (id, usersource) => reachable(() => mayHold(parts, brand, id, usersource)),
    endedWith: (pass) => reachable(() => parts.ended.endedWith(pass)),

    ask: async (req, res, { application, ask, returnTo, id }) => {
      const kept = bindingOf(req);
      const binding = isBinding(kept) ? kept : newBinding();
      const walk = {
        brand: brand.id,
        application: application.id,
        audience: application.audience,
        ask,
        returnTo,
        browser: bindingHash(binding),
      };
      const transaction = await reachable(() => parts.transactions.open(walk, id));
      if (binding !== kept) res.appendHeader('set-cookie', cookie(BINDING_COOKIE, binding, secure));
      return new URL(`/sign-in/${transaction.id}`, brand.origin);
    },

    collect: async (req, id) => {
      const { transaction, outcome } = await reachable(() =>
        parts.transactions.collect(id, bindingOf(req), parts.check),
      );
      if (transaction.brand !== brand.id) throw new Refusal('transaction.expired', 'a sign-in of another brand');
      if (outcome.admitted && outcome.audience !== transaction.audience) return otherAudience;
      return outcome;
    },

    signOut: (walk) => {
      const deadline = new Date(parts.now().getTime() + SIGN_OUT_MS);
      const to = new URL('/logout', brand.origin);
      to.searchParams.set('then', sealFrame(parts.identity, 'sign-out', walk, deadline));
      return to;
    },

    signedOut: async (req, sealed) => {
      if (sealed.length > 4_096) throw new Refusal('bus.unauthentic', 'not a frame');
      const frame = openFrame(sealed, 'signed-out', 'gateway', parts.check, parts.now());
      const body = signedOutShape.safeParse(frame.body);
      if (!body.success) throw new Refusal('bus.unauthentic', 'not a word about a sign-out');
      const { id, ended, browser } = body.data;
      if (browser !== undefined && !sameBrowser(bindingOf(req), browser)) {
        throw new Refusal('transaction.other_browser', 'somebody else signed out');
      }
      if (!(await reachable(() => parts.replay.claim('signed-out', frame.id, new Date(frame.deadline))))) {
        throw new Refusal('replayed', 'this sign-out was already carried out');
      }
      return { id, ended };
    },

    audit: (event) => parts.audit.record({ ...event, context: { service: 'minter', brand: brand.slug } }),
  };
}

const otherAudience: SignInOutcome = {
  admitted: false,
  code: 'audience.mismatch',
  reference: 'audience',
  error: 'access_denied',
};

/** Asked at every use of a pass, from the caches: disabling anything on this path bites with the next request. */
async function mayHold(
  parts: MinterParts,
  brand: Brand,
  id: string,
  usersource: string | undefined,
): Promise<Account | undefined> {
  const [account, source, now] = await Promise.all([
    parts.catalog.account(id),
    usersource === undefined ? undefined : parts.catalog.usersource(usersource),
    parts.catalog.brand(brand.id),
  ]);
  if (!now?.enabled || !account || account.disabled) return undefined;
  if (usersource !== undefined && (!source?.enabled || source.brand !== brand.id)) return undefined;
  return account;
}

/** A table that cannot be reached is not a bug: it is a service that is unavailable. */
async function reachable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal('service.unavailable', 'a store does not answer', { cause });
  }
}
