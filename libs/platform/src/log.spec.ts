import { pathForLog } from './log.js';

describe('an address in the log', () => {
  it('has no query, and no part that may be a secret', () => {
    expect(pathForLog('/agent/tickets/12?token=x')).toBe('/agent/tickets/12');
    expect(pathForLog(`/oidc/auth/${'t'.repeat(43)}`)).toBe('/oidc/auth/…');
    expect(pathForLog(`//continue/${'t'.repeat(27)}/x`)).toBe('//continue/…/x');
    expect(pathForLog('/.well-known/openid-configuration')).toBe('/.well-known/openid-configuration');
  });

  it('is short', () => {
    expect(pathForLog('/a'.repeat(5_000))).toHaveLength(200);
  });
});
