import { upstreamMfaCounts } from './upstream-mfa.js';

const listed = { acceptUpstreamMfa: { acr: ['urn:corp:strong'], amr: ['mfa'] } };

describe('an upstream’s second factor', () => {
  it('counts when the policy lists its method or its context', () => {
    expect(upstreamMfaCounts({ type: 'oidc' }, listed, ['pwd', 'mfa'], undefined)).toBe(true);
    expect(upstreamMfaCounts({ type: 'saml' }, listed, [], 'urn:corp:strong')).toBe(true);
  });

  it('counts for nothing when the policy lists another one, or none', () => {
    expect(upstreamMfaCounts({ type: 'oidc' }, listed, ['pwd', 'otp'], 'urn:corp:weak')).toBe(false);
    expect(upstreamMfaCounts({ type: 'oidc' }, {}, ['mfa'], 'urn:corp:strong')).toBe(false);
  });

  it('is no word of a usersource whose password we check ourselves', () => {
    expect(upstreamMfaCounts({ type: 'ldap' }, listed, ['mfa'], undefined)).toBe(false);
  });
});
