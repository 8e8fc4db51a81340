import { oidcProtocolSettings } from './oidc/oidc.settings.js';
import type { ProtocolSettings } from './protocol.js';

export type { ProtocolSettings } from './protocol.js';

/** What the admin API knows of every protocol: one line each. Imports no protocol's machinery. */
export const PROTOCOL_SETTINGS: readonly ProtocolSettings[] = [oidcProtocolSettings];

/** Undefined for a protocol nobody here speaks: the caller refuses the record. */
export const protocolSettings = (protocol: string): ProtocolSettings | undefined =>
  PROTOCOL_SETTINGS.find((settings) => settings.protocol === protocol);
