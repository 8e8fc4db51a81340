/** Whose token it is that asks. */
export interface Caller {
  /** The token's id; `bootstrap` for ADMIN_TOKEN. */
  id: string;
  scopes: readonly string[];
}

const ROOMS = [
  'brands',
  'usersources',
  'applications',
  'accounts',
  'api-tokens',
  'keys',
  'sessions',
  'domains',
] as const;

/**
 * What a token can be allowed. Writing does not include reading. `admins:write` stands beside `accounts:write`:
 * who may make an admin may do everything, so it is never granted by accident (ADM-008).
 */
export const SCOPES = [
  '*',
  ...ROOMS.flatMap((room) => [`${room}:read`, `${room}:write`] as const),
  'admins:write',
  'audit-events:read',
  'policies:read',
] as const;

export type Scope = (typeof SCOPES)[number];

export const allows = (scopes: readonly string[], scope: string): boolean =>
  scopes.includes('*') || scopes.includes(scope);
