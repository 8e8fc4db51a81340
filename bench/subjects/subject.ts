import type { Door } from '#bench/driver/connection';
import type { ScriptedIdp } from '#bench/driver/scripted-idp';
import type { ScriptedOp } from '#bench/driver/scripted-op';

export interface Upstreams {
  oidc: ScriptedOp;
  saml: ScriptedIdp;
}
export type UpstreamSlug = keyof Upstreams;

/** A process whose CPU belongs to the side under measurement. */
export interface Measured {
  name: string;
  cpu(): number;
  /** Reported beside the figure, not in it. */
  aside?: boolean;
}

/** One side of the comparison: processes, and where its endpoints are. */
export interface Subject {
  name: string;
  origin: string;
  issuer: string;
  /** Who serves this path of the origin: there is no edge in the way, so that none is measured. */
  door(pathname: string): Door;
  processes: readonly Measured[];
  /** Versions worth reporting. */
  notes: readonly string[];
  /** Commands its Redis has run since it started, those inside scripts too. */
  redisCommands: () => Promise<number>;
  /** Of the broker: for what takes too long over its API. */
  databaseUrl?: string;
  /** What the broker was set up with; a bare provider has no usersources. */
  broker?: Broker;
  /** Who stands behind it. */
  upstreams?: Partial<Upstreams>;
  stop(): Promise<void>;
}

export interface Broker {
  /** Where the usersource sends people who have no session: the driver plays that site. */
  remoteLogin: URL;
  callback: string;
  siteKey: string;
  apiKey: string;
  /** From now on, people without a session are sent to this usersource. */
  sendTo(slug: 'intranet' | UpstreamSlug): Promise<void>;
  agent: { name: string; password: string };
  /** One more of them. */
  addAgent(name: string, password: string): Promise<void>;
}
