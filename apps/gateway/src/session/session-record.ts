import { z } from 'zod';
import type { Account, Audience, AudiencePolicy, UsersourceRecord } from '@passbroker/model';

export const upstreamShape = z.object({
  subject: z.string(),
  index: z.string().optional(),
  /** When the upstream wants it to be over; milliseconds since the epoch. */
  until: z.number().optional(),
  kept: z.record(z.string(), z.string()),
});

const sessionShape = z.object({
  /** Public handle: names the session to the minter, opens nothing. */
  id: z.string(),
  brand: z.string(),
  audience: z.enum(['users', 'agents']),
  account: z.string(),
  usersource: z.string(),
  /** Milliseconds since the epoch, all three. */
  authTime: z.number(),
  createdAt: z.number(),
  lastSeen: z.number(),
  methods: z.array(z.string()),
  mfa: z.boolean(),
  /** When a second factor was last shown here. */
  mfaAt: z.number().optional(),
  /** This person has a second factor, and what they came in by is not enough without it. */
  owesFactor: z.boolean().default(false),
  device: z.object({ ip: z.string(), agent: z.string() }).optional(),
  /** The session at the usersource, where its end can be asked for or heard of. */
  upstream: upstreamShape.optional(),
});
export type BrowserSession = z.infer<typeof sessionShape>;

/** Somebody who is signed in here now, as the catalog knows them now. */
export interface SignedIn {
  session: BrowserSession;
  account: Account;
  usersource: UsersourceRecord;
  /** Let in by a recovery link: `usersource` stands for that, and only the admin pages open. */
  recovery?: boolean;
}

export interface NewSession {
  brand: string;
  audience: Audience;
  account: string;
  usersource: string;
  authTime: Date;
  methods: string[];
  mfa?: boolean;
  owesFactor?: boolean;
  device?: { ip: string; agent: string };
  upstream?: BrowserSession['upstream'];
  /** When a proof that a cut makes worthless was looked at, by Redis's clock; milliseconds since the epoch. */
  checkedAt?: number;
}

type Timed = Pick<BrowserSession, 'createdAt' | 'upstream'>;
type Limits = Pick<AudiencePolicy, 'idleSec' | 'absoluteSec'>;

/** Whether policy lets nobody use it any more. */
export function isOver(session: Timed & Pick<BrowserSession, 'lastSeen'>, policy: Limits, now: number): boolean {
  return now - session.lastSeen >= policy.idleSec * 1_000 || now >= endOf(session, policy);
}

/** When it is over at the latest, by policy or by the upstream's word; milliseconds since the epoch. */
export const endOf = (session: Timed, policy: Limits): number =>
  Math.min(session.createdAt + policy.absoluteSec * 1_000, session.upstream?.until ?? Infinity);

/** Seconds that Redis shall keep it. */
export function lifetime(session: Timed, policy: Limits, now: number): number {
  const left = Math.ceil((endOf(session, policy) - now) / 1_000);
  return Math.max(1, Math.min(policy.idleSec, left));
}

/** Undefined for whatever is not a session of ours. */
export function readSession(text: string | null): BrowserSession | undefined {
  if (text === null) return undefined;
  try {
    return sessionShape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
