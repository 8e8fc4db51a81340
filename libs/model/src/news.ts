/** Things in the catalog whose change every replica must notice within a second. */
export type CatalogKind = 'brand' | 'usersource' | 'application' | 'account' | 'key' | 'service_key';

/** One row of the catalog's change log, and the body of the *news* that announces it. `revision` only grows. */
export interface CatalogChange {
  revision: number;
  kind: CatalogKind;
  id: string;
}

/** Something that happened, for the audit. Never holds a secret, token, assertion or password. */
export interface AuditEvent {
  id: string;
  at: string;
  /** `<thing>.<verb in the past>`, for example `sign_in.refused`, `usersource.updated`. */
  action: string;
  outcome: { result: 'ok' | 'refused' | 'failed'; code: string };
  /** The short reference the person was shown. */
  reference?: string;
  actor?: { type: 'account' | 'api_token' | 'system' | 'visitor'; id?: string };
  targets: { type: string; id: string }[];
  context: { service: string; brand?: string; ip?: string; requestId?: string };
  /** For the admin: the reason in words. */
  detail?: string;
}
