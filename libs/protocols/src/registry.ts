import { oidc } from './oidc/oidc.protocol.js';
import type { MountedProtocol } from './protocol.js';

/** Every protocol the minter speaks: one line each. */
export const PROTOCOLS: readonly MountedProtocol[] = [oidc];
