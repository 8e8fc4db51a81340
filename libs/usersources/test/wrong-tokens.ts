import type { Json } from '@passbroker/testing';

/** Bent claims of an honest provider's ID token, by the number of the case. */
export const wrongClaims = (issuer: string, at: number): Readonly<Record<string, readonly Json[]>> => ({
  'OIDC-RP-003': [{ nonce: 'another' }, { nonce: undefined }, { nonce: '' }, { nonce: null }, { nonce: 1 }],
  'OIDC-RP-010': [
    ...[{ iss: 'https://evil.test' }, { iss: `${issuer}/` }, { iss: issuer.toUpperCase() }, { iss: [issuer] }],
    ...[{ iss: null }, { iss: '' }, { iss: undefined }],
  ],
  'OIDC-RP-011': [
    ...[{ aud: 'another' }, { aud: [] }, { aud: ['another'] }, { aud: ['broker', 'another'] }, { aud: null }],
    ...[{ aud: '' }, { aud: 'Broker' }, { aud: undefined }, { azp: 'another' }],
    { aud: ['broker', 'another'], azp: 'another' },
  ],
  'OIDC-RP-012': [
    ...[{ exp: at - 120 }, { exp: undefined }, { exp: String(at + 60) }, { exp: null }, { iat: at + 120 }],
    ...[{ iat: at - 86_400 }, { iat: undefined }, { nbf: at + 120 }],
  ],
  'OIDC-RP-013': [
    ...[undefined, '', 42, null, ['jane'], { id: 'jane' }, 'x'.repeat(256), 'jane\u0000', 'jane\n', 'ｊane'],
  ].map((sub) => ({ sub })),
  'OIDC-RP-015': ['x', '', 1, null, 'AAAAAAAAAAAAAAAAAAAAAA'].flatMap((hash) => [{ at_hash: hash }, { c_hash: hash }]),
});

export const NO_ALGORITHMS = ['none', 'None', 'NONE', 'nOnE', ''];

export const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** What differs from an honest logout token: claims, and `typ`. */
export const wrongLogoutTokens = (at: number): readonly [what: string, claims: Json, typ: string][] => [
  ['of another issuer', { iss: 'https://evil.test' }, 'logout+jwt'],
  ['of no issuer', { iss: undefined }, 'logout+jwt'],
  ['for another client', { aud: 'another' }, 'logout+jwt'],
  ['for nobody', { aud: undefined }, 'logout+jwt'],
  ['from long ago', { iat: at - 3_600 }, 'logout+jwt'],
  ['of the future', { iat: at + 3_600 }, 'logout+jwt'],
  ['of no time', { iat: undefined }, 'logout+jwt'],
  ['that is over', { exp: at - 120 }, 'logout+jwt'],
  ['without a name of its own', { jti: undefined }, 'logout+jwt'],
  ['with a name that is no text', { jti: 1 }, 'logout+jwt'],
  ['about no event', { events: undefined }, 'logout+jwt'],
  ['about another event', { events: { 'http://schemas.openid.net/event/other': {} } }, 'logout+jwt'],
  ['about an event that is no object', { events: { [LOGOUT_EVENT]: true } }, 'logout+jwt'],
  ['with events that are a list', { events: [LOGOUT_EVENT] }, 'logout+jwt'],
  ['with a nonce', { nonce: 'x' }, 'logout+jwt'],
  ['about nobody', { sub: undefined, sid: undefined }, 'logout+jwt'],
  ['about a session without a name', { sid: '' }, 'logout+jwt'],
  ['about a session that is no text', { sid: ['s-1'] }, 'logout+jwt'],
  ['that is an ID token', { events: undefined, nonce: 'x' }, 'JWT'],
  ['of another kind', {}, 'at+jwt'],
];
