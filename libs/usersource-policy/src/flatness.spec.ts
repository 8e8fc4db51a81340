import { configOf } from '../test/cases.js';
import { decide, type DecisionInput, type PolicyConfig, type UsersourcePolicy } from './index.js';

/** The size of a brand may cost when the brand is first read, never again. */
describe('a brand with 10,000 usersources', () => {
  const small = configOf('hrd_automatic');
  const large = configOf('hrd_automatic', { brands: { acme: { usersources: Object.fromEntries(many(10_000)) } } });
  const session = {
    brand: 'acme',
    audience: 'users',
    usersource: 'corp',
    ageSec: 1,
    idleSec: 1,
    authAgeSec: 1,
  } as const;

  it.each<[string, Partial<DecisionInput>]>([
    ['a redirect', {}],
    ['a session', { session }],
    ['a click', { path: '/sso/start/corp' }],
    ['a hinted domain', { path: '/login', loginHint: 'ann@corp.example' }],
    ['a page with one button', { justLoggedOut: true }],
    ['a logout', { path: '/logout', session }],
    ['a lost password', { path: '/lost-password' }],
  ])('decides %s as fast as a brand with four', (_what, given) => {
    const input = { brand: 'acme', path: '/', ...given };
    expect(decide(large, input)).toEqual(decide(small, input));
    // The quickest of several rounds, and a wide margin: a scan of the sources would be a thousand times slower.
    expect(quickest(large, input)).toBeLessThan(20 * quickest(small, input) + 2);
  });
});

function many(count: number): [string, UsersourcePolicy][] {
  return Array.from({ length: count }, (_, index) => [
    `source-${index}`,
    { type: 'oidc', audience: 'users', display: 'hidden', domains: [`d${index}.example`] },
  ]);
}

function quickest(config: PolicyConfig, input: DecisionInput): number {
  const rounds = Array.from({ length: 5 }, () => {
    const began = performance.now();
    for (let round = 0; round < 300; round += 1) decide(config, input);
    return performance.now() - began;
  });
  return Math.min(...rounds);
}
