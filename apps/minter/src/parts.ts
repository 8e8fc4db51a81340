import type { CatalogReader, TokenKeyStore } from '@passbroker/catalog';
import type { AuditTrail } from '@passbroker/bus';
import type { CheckSignature, Clock, Logger, Redis, ServiceIdentity } from '@passbroker/platform';
import type { EndedSessions, ReplayGuard, SignInTransactions } from '@passbroker/sign-in';

/** Everything the world gives the minter. Tests give two replicas the same Redis and catalog, and a clock. */
export interface MinterWorld {
  now: Clock;
  log: Logger;
  redis: Redis;
  identity: ServiceIdentity;
  /** Checks what the gateway and the admin signed. */
  check: CheckSignature;
  catalog: Pick<
    CatalogReader,
    'brandByHost' | 'brand' | 'usersource' | 'application' | 'applicationBySlug' | 'account' | 'onChange' | 'ping'
  >;
  keyStore: TokenKeyStore;
  audit: Pick<AuditTrail, 'record'>;
  /** For addresses that applications name (jwks_uri, back-channel logout): safe-fetch, 2.5 seconds. */
  fetch: typeof fetch;
}

export interface MinterParts extends MinterWorld {
  transactions: SignInTransactions;
  replay: ReplayGuard;
  ended: EndedSessions;
}
