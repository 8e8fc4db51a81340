import type { Audience } from './brand.js';

/** A relying party: somebody who believes our passes. Speaks exactly one protocol. Secrets are sealed to the minter. */
export interface ApplicationRecord {
  id: string;
  slug: string;
  protocol: string;
  brand: string;
  audience: Audience;
  name: string;
  enabled: boolean;
  settings: Record<string, unknown>;
  revision: number;
}
