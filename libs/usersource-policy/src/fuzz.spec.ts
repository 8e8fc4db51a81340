import fc from 'fast-check';
import { configOf } from '../test/cases.js';
import { badge, checkChange, decide, link, REASONS, surfaceOf, type DecisionInput, type LinkInput } from './index.js';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('__proto__', 'constructor', '', '@', '/', '%2f', '::1', '10.0.0.1'),
);
const path = fc.oneof(
  text,
  text.map((tail) => `/${tail}`),
  fc
    .array(
      fc.constantFrom(
        'agent',
        'Admin',
        'admin',
        'sso',
        'start',
        'corp',
        'login',
        '..',
        '.',
        '',
        'recover',
        'logout',
        'register',
      ),
    )
    .map((parts) => `/${parts.join('/')}`),
);
const anyNumber = fc.oneof(fc.integer(), fc.double());
const session = fc.record({
  brand: fc.oneof(fc.constant('acme'), text),
  audience: fc.constantFrom('users' as const, 'agents' as const),
  usersource: fc.oneof(fc.constantFrom('corp', 'staff', 'local-agents'), text),
  admin: fc.boolean(),
  ageSec: anyNumber,
  idleSec: anyNumber,
  authAgeSec: anyNumber,
  mfa: fc.boolean(),
  impersonated: fc.boolean(),
  recovery: fc.boolean(),
});
const input: fc.Arbitrary<DecisionInput> = fc.record(
  {
    brand: fc.oneof(fc.constant('acme'), text),
    path,
    kind: fc.constantFrom('navigate' as const, 'fetch' as const, 'submit' as const),
    client: fc.constantFrom(null, { audience: 'users' as const }, { audience: 'agents' as const }),
    session: fc.option(session),
    bypass: fc.constantFrom(
      'none' as const,
      'sso_off' as const,
      'recovery_valid' as const,
      'recovery_invalid' as const,
    ),
    prompt: fc.constantFrom(null, 'none' as const, 'login' as const, 'select_account' as const, 'consent' as const),
    maxAge: fc.option(anyNumber),
    loginHint: fc.option(
      fc.oneof(
        text,
        text.map((local) => `${local}@corp.example`),
      ),
    ),
    idpHint: fc.option(fc.oneof(fc.constantFrom('corp', 'staff'), text)),
    ip: fc.oneof(text, fc.ipV4(), fc.ipV6()),
    probe: fc.constantFrom('untried' as const, 'failed' as const, 'no_cookies' as const),
    lastError: fc.option(fc.record({ source: text, code: text })),
    justLoggedOut: fc.boolean(),
    hops: anyNumber,
  },
  { requiredKeys: ['brand', 'path'] },
);
const fixture = fc.constantFrom(
  'both_automatic',
  'hrd',
  'intranet_only',
  'users_background',
  'agents_mfa',
  'two_brands',
);

describe('whatever comes in', () => {
  const known = new Set<string>(REASONS);

  it('decide answers, with a reason', () => {
    fc.assert(
      fc.property(fixture, input, (name, given) => {
        expect(known.has(decide(configOf(name), given).reason)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('decide never opens the agents to anybody but an agent', () => {
    fc.assert(
      fc.property(fixture, input, (name, given) => {
        const decision = decide(configOf(name), given);
        if (decision.action !== 'allow' || surfaceOf(given.path) === 'portal') return;
        expect(decision.as).toBe('agents');
        expect(given.session?.impersonated && !given.session.recovery).not.toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('networks of nonsense hurt nobody', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), text, (networks, ip) => {
        const config = configOf('agents_automatic', {
          brands: { acme: { bypass: { networks }, usersources: { staff: { networks } } } },
        });
        expect(known.has(decide(config, { brand: 'acme', path: '/admin/', bypass: 'sso_off', ip }).reason)).toBe(true);
        badge({ type: 'saml', audience: 'agents', sso: 'automatic', networks }, { ip });
      }),
    );
  });

  it('checkChange takes any JSON for a patch, and changes nothing', () => {
    const before = { admins: [{ id: 'root', password: true }], brands: configOf('default').brands };
    const kept = JSON.stringify(before);
    fc.assert(
      fc.property(fc.jsonValue(), (patch) => {
        expect(typeof checkChange(before, patch).accepted).toBe('boolean');
        expect(JSON.stringify(before)).toBe(kept);
        expect(Object.prototype).not.toHaveProperty('accepted');
      }),
    );
  });

  it('link makes no admin and signs nobody in without a subject (I16)', () => {
    const account = fc.option(
      fc.record({
        audience: fc.constantFrom('users' as const, 'agents' as const),
        admin: fc.boolean(),
        emailVerified: fc.boolean(),
        disabled: fc.boolean(),
        linkedToThisSource: fc.boolean(),
      }),
    );
    const linking: fc.Arbitrary<LinkInput> = fc.record({
      source: fc.record({
        enabled: fc.boolean(),
        audience: fc.constantFrom('users' as const, 'agents' as const),
        linkMode: fc.constantFrom('never' as const, 'prove' as const, 'auto_verified' as const),
        authoritative: fc.array(fc.constantFrom('corp.example', 'Corp.Example', '')),
        jit: fc.constantFrom('on' as const, 'off' as const, 'registration' as const),
        grant: fc.array(text),
        publicIdp: fc.boolean(),
        restricted: fc.boolean(),
      }),
      identity: fc.record({
        subject: fc.option(text),
        email: fc.option(fc.oneof(text, fc.constant('ann@corp.example'))),
        domain: fc.option(fc.constantFrom('corp.example', 'other.example', '')),
        emailVerified: fc.boolean(),
        filterPass: fc.boolean(),
      }),
      state: fc.record({
        linked: account,
        signedInAs: fc.option(
          fc.record({ audience: fc.constantFrom('users' as const, 'agents' as const), fresh: fc.boolean() }),
        ),
        byEmail: account,
        byUsername: account,
        registration: fc.constantFrom('open' as const, 'closed' as const),
        seatsLeft: fc.option(anyNumber),
      }),
    });
    fc.assert(
      fc.property(linking, (given) => {
        const decision = link(given);
        expect(decision.reason).not.toBe('');
        if (decision.action === 'create') expect(decision.admin).toBe(false);
        if (['sign_in', 'link', 'link_and_sign_in', 'create'].includes(decision.action)) {
          expect(given.identity.subject).toBeTruthy();
          expect(given.source.enabled && given.identity.filterPass).toBe(true);
          const account = given.state.linked ?? given.state.signedInAs ?? given.state.byEmail;
          expect(account?.audience ?? given.source.audience).toBe(given.source.audience);
        }
        if (decision.action === 'link_and_sign_in') {
          expect(given.identity.emailVerified && given.state.byEmail?.emailVerified).toBe(true);
          expect(given.state.byEmail?.admin || given.state.byEmail?.disabled).toBe(false);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
