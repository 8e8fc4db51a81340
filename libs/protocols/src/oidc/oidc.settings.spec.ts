import { describe, expect, it } from '@jest/globals';
import { oidcProtocolSettings, oidcSettings } from './oidc.settings.js';

const good = { client_id: 'desk', redirect_uris: ['https://desk.test/cb'] };
const accepts = (settings: Record<string, unknown>): boolean =>
  oidcSettings.safeParse({ ...good, ...settings }).success;

describe('settings of an OpenID Connect application', () => {
  it('need no more than a name and an address', () => {
    expect(oidcSettings.parse(good)).toMatchObject({
      require_pkce: true,
      id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
    });
  });

  it.each([
    'https://desk.test/cb#x',
    'https://desk.test/*',
    'https://*.desk.test/cb',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'http://desk.test/cb',
    'http://10.0.0.1/cb',
    'http://localhost.evil.test/cb',
    'https://user@desk.test/cb',
    'https://DESK.test/cb',
    'https://desk.test/a/../cb',
    'https://desk.test:443/cb',
    'https://desk.test\\cb',
    'https://desk.test/c b',
    'https://desk.test/cb?code=x',
    'https://desk.test/cb?state=x',
    'https://desk.test/cb?iss=x',
    'desk.test:/cb',
    '/cb',
    '',
  ])('OIDC-OP-004, 005: refuse %j as an address', (uri) => {
    expect(accepts({ redirect_uris: [uri] })).toBe(false);
    expect(accepts({ post_logout_redirect_uris: [uri] })).toBe(false);
  });

  it.each([
    'https://desk.test',
    'https://desk.test/cb?tenant=1',
    'http://localhost:4000/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:4000/cb',
  ])('accept %j', (uri) => {
    expect(accepts({ redirect_uris: [uri] })).toBe(true);
  });

  it('let a native application have a scheme of its own, written as a domain name', () => {
    expect(accepts({ application_type: 'native', redirect_uris: ['test.desk.app:/cb'] })).toBe(true);
    for (const uri of ['javascript:/cb', 'app:/cb', 'test.desk.app://cb']) {
      expect(accepts({ application_type: 'native', redirect_uris: [uri] })).toBe(false);
    }
  });

  it('OIDC-OP-060: refuse members nobody knows', () => {
    for (const name of ['trusted', 'skip_consent', 'tenant', 'request_uris', 'sector_identifier_uri', 'logo_uri']) {
      expect(accepts({ [name]: true })).toBe(false);
    }
  });

  it('OIDC-OP-009: know the code flow and no other', () => {
    expect(accepts({ response_types: ['code'] })).toBe(true);
    for (const type of ['token', 'id_token', 'code id_token', 'none'])
      expect(accepts({ response_types: [type] })).toBe(false);
    for (const type of ['implicit', 'password']) expect(accepts({ grant_types: [type] })).toBe(false);
  });

  it('OIDC-OP-062: refuse private, symmetric and weak keys', () => {
    const withKey = (jwk: Record<string, unknown>): boolean =>
      accepts({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } });
    const ec = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
    expect(withKey(ec)).toBe(true);
    expect(withKey({ ...ec, d: 'd' })).toBe(false);
    expect(withKey({ kty: 'oct', k: 'k' })).toBe(false);
    expect(withKey({ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 1).toString('base64url') })).toBe(false);
    expect(withKey({ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(256, 1).toString('base64url') })).toBe(true);
  });

  it('waive PKCE for confidential applications only, with a warning', () => {
    expect(accepts({ require_pkce: false })).toBe(true);
    expect(accepts({ require_pkce: false, token_endpoint_auth_method: 'none' })).toBe(false);
    expect(oidcProtocolSettings.warnings?.({ require_pkce: false })).toHaveLength(1);
  });

  it.each([
    ['refresh without codes', { grant_types: ['refresh_token'] }],
    ['credentials of a public client', { token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] }],
    ['a secret of a public client', { token_endpoint_auth_method: 'none', client_secret: 'x'.repeat(32) }],
    ['private_key_jwt without a key', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['JWT tokens for nobody', { access_token_format: 'jwt' }],
    [
      'pairwise subjects over two hosts',
      { subject_type: 'pairwise', redirect_uris: ['https://a.test/', 'https://b.test/'] },
    ],
    ['an unknown scope', { scope: 'openid admin' }],
    ['HS256', { id_token_signed_response_alg: 'HS256' }],
    ['none', { id_token_signed_response_alg: 'none' }],
    ['a plain back channel', { backchannel_logout_uri: 'http://10.0.0.1/' }],
    ['a short secret', { client_secret: 'short' }],
  ])('refuse %s', (_what, settings) => {
    expect(accepts(settings)).toBe(false);
  });

  it('come with a secret made by the server, where one is used and none is given', () => {
    expect(oidcProtocolSettings.generate?.(good)['client_secret']).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(oidcProtocolSettings.generate?.({ ...good, client_secret: 'x' })).toEqual({});
    expect(oidcProtocolSettings.generate?.({ ...good, token_endpoint_auth_method: 'none' })).toEqual({});
  });
});
