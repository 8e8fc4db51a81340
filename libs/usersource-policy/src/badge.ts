import { capabilityOf } from './capabilities.js';
import { usersourceDefaults } from './defaults.js';
import { networks } from './networks.js';
import type { SsoMode, UsersourcePolicy } from './types.js';

/** What the list of usersources says about the SSO mode of one. */
export interface Badge {
  mode: Exclude<SsoMode, 'none'>;
  state: 'in_force' | 'source_disabled' | 'off_network' | 'down' | 'unproven';
}

export interface BadgeContext {
  /** Where the reader is; left out where nobody is anywhere (the admin API). */
  ip?: string;
  /** Signed in through at the current settings. Left out: not known, so not complained of. */
  proven?: boolean;
}

export function badge(usersource: UsersourcePolicy, context: BadgeContext = {}): Badge | null {
  const mode = usersource.sso ?? usersourceDefaults.sso;
  if (mode === 'none' || !capabilityOf(usersource.type, usersource.can).sso.includes(mode)) return null;
  return { mode, state: state(usersource, context) };
}

function state(usersource: UsersourcePolicy, { ip, proven }: BadgeContext): Badge['state'] {
  if (!(usersource.enabled ?? usersourceDefaults.enabled)) return 'source_disabled';
  if (ip !== undefined && !networks(usersource.networks ?? []).includes(ip)) return 'off_network';
  if (usersource.health === 'down') return 'down';
  return proven === false ? 'unproven' : 'in_force';
}
