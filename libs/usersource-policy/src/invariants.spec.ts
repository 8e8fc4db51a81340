import { configOf } from '../test/cases.js';
import {
  capabilities,
  checkChange,
  decide,
  link,
  swapSso,
  type LinkInput,
  type PolicyConfig,
  type SessionInput,
} from './index.js';

const local = { type: 'local', audience: 'agents', proven: true } as const;
const staff = { type: 'saml', audience: 'agents', sso: 'automatic', proven: true } as const;
const admins = [{ id: 'root', password: true, links: ['staff'] }];
const before = { admins, brands: { acme: { usersources: { local, staff } } } };
const agent: SessionInput = {
  brand: 'acme',
  audience: 'agents',
  usersource: 'local-agents',
  ageSec: 1,
  idleSec: 1,
  authAgeSec: 1,
};
const user: SessionInput = { ...agent, audience: 'users', usersource: 'local-users' };

function acme(patch: object): { brands: { acme: object } } {
  return { brands: { acme: patch } };
}

function account(over: object = {}) {
  return {
    audience: 'users' as const,
    admin: false,
    emailVerified: true,
    disabled: false,
    linkedToThisSource: false,
    ...over,
  };
}

function arrival(over: { source?: object; identity?: object; state?: object } = {}): LinkInput {
  return {
    source: {
      enabled: true,
      audience: 'users',
      linkMode: 'auto_verified',
      authoritative: ['corp.example'],
      jit: 'on',
      grant: ['registered'],
      publicIdp: false,
      restricted: false,
      ...over.source,
    },
    identity: {
      subject: 's-1',
      email: 'ann@corp.example',
      domain: 'corp.example',
      emailVerified: true,
      filterPass: true,
      ...over.identity,
    },
    state: {
      linked: null,
      signedInAs: null,
      byEmail: null,
      byUsername: null,
      registration: 'open',
      seatsLeft: 5,
      ...over.state,
    },
  };
}

describe('the invariants that are ours', () => {
  it('I15: a second factor is asked for by policy, by the application, or because the person has one', () => {
    const ask = (mfaAsked: boolean, mfa = false) =>
      decide(configOf('default'), { brand: 'acme', path: '/', session: { ...user, mfa }, mfaAsked });
    expect(ask(true)).toEqual({ action: 'step_up', reason: 'mfa.required' });
    expect(ask(true, true)).toMatchObject({ action: 'allow' });
    expect(ask(false)).toMatchObject({ action: 'allow' });
  });

  it('I1: a second SSO source is refused, and swapped in one step when asked', () => {
    const other = { type: 'oidc', audience: 'agents' as const, proven: true };
    const two = { ...before, brands: { acme: { usersources: { local, staff, other } } } };
    expect(checkChange(two, acme({ usersources: { other: { sso: 'background' } } }))).toEqual({
      accepted: false,
      status: 409,
      errors: ['sso.not_unique'],
    });
    const swap = swapSso(two, 'acme', 'other', 'background');
    expect(swap).toEqual(acme({ usersources: { staff: { sso: 'none' }, other: { sso: 'background' } } }));
    expect(checkChange(two, swap)).toEqual({ accepted: true });
  });

  it.each([
    ['disabling', { usersources: { local: null, staff: { enabled: false } } }],
    ['deleting', { usersources: { local: null, staff: null } }],
    ['new settings', { usersources: { local: null, staff: { settings: { url: 'x' } } } }],
    ['another audience', { usersources: { local: null, staff: { audience: 'users' } } }],
    [
      'closing the bypass over an unproven source',
      { bypass: { surfaces: [] }, usersources: { staff: { proven: false } } },
    ],
    ['disabling the brand', { enabled: false }],
  ])('I2: %s never takes the last way in', (_change, patch) => {
    expect(checkChange(before, acme(patch))).toMatchObject({ accepted: false, errors: ['admin.no_way_in'] });
  });

  it('I2: demoting every admin never takes the last way in', () => {
    expect(checkChange(before, { admins: [] })).toMatchObject({ accepted: false, errors: ['admin.no_way_in'] });
  });

  it('I2: on the first day, with nothing proven yet, the likely way in stays', () => {
    const unproven = { ...local, proven: false };
    const fresh = { ...before, brands: { acme: { usersources: { local: unproven } } } };
    expect(checkChange(fresh, acme({ usersources: { local: { enabled: false } } }))).toMatchObject({
      accepted: false,
      errors: ['admin.no_way_in'],
    });
    expect(checkChange(fresh, acme({ usersources: { local: { order: 5 } } }))).toEqual({ accepted: true });
    const second = {
      ...before,
      brands: { acme: { usersources: { local: unproven, staff: { ...staff, proven: false } } } },
    };
    expect(checkChange(second, acme({ usersources: { local: { enabled: false } } }))).toEqual({ accepted: true });
  });

  it("I4: a users' source named by an agents session opens nothing of theirs", () => {
    const forged = { ...agent, admin: true, usersource: 'local-users' };
    expect(decide(configOf('default'), { brand: 'acme', path: '/admin/', session: forged }).action).toBe('login_page');
  });

  it('I5: agents from a public provider need a restriction, in the change and at the door', () => {
    const open = { type: 'google', audience: 'agents', jit: { create: 'on' } };
    expect(checkChange(before, acme({ usersources: { g: open } }))).toMatchObject({ errors: ['jit.unrestricted'] });
    expect(link(arrival({ source: { audience: 'agents', publicIdp: true } }))).toEqual({
      action: 'deny',
      reason: 'jit.unrestricted',
    });
  });

  it("I6: somebody else's address does not matter once the subject is linked", () => {
    const input = arrival({ state: { linked: account(), byEmail: account({ admin: true, audience: 'agents' }) } });
    expect(link(input)).toEqual({ action: 'sign_in', reason: 'link.subject' });
  });

  it.each([
    ['the upstream did not verify it', { identity: { emailVerified: false } }],
    ['the source does not own the domain', { source: { authoritative: [] } }],
    ['the domain only looks alike', { source: { authoritative: ['rp.example'] } }],
    ['we never verified it', { state: { byEmail: account({ emailVerified: false }) } }],
    ['it is an admin', { state: { byEmail: account({ admin: true }) } }],
    ['an older link from that source exists', { state: { byEmail: account({ linkedToThisSource: true }) } }],
  ])('I7: an address is not linked by itself when %s', (_why, over) => {
    expect(link(arrival({ state: { byEmail: account() } })).action).toBe('link_and_sign_in');
    const state = { byEmail: account(), ...('state' in over ? over.state : {}) };
    expect(link(arrival({ ...over, state })).action).toBe('prove_ownership');
  });

  it('I8: a contested domain routes nobody, and is refused to begin with', () => {
    const rival = acme({ usersources: { rival: { type: 'oidc', audience: 'users', domains: ['CORP.example'] } } });
    const input = { brand: 'acme', path: '/login', loginHint: 'ann@corp.example' };
    expect(decide(configOf('hrd'), input).reason).toBe('hint.domain');
    expect(decide(configOf('hrd', rival), input).reason).toBe('login.options');
    expect(checkChange(configOf('hrd'), rival)).toMatchObject({ errors: ['domain.not_unique'] });
  });

  it.each([...capabilities].map(([type, can]) => [type, can] as const))(
    'I9: %s has only the modes its nature allows',
    (type, can) => {
      expect(can.displays).toContain(can.display);
      expect(can.sso.includes('background')).toBe(can.silent);
      if (can.password) expect(can.sso).toEqual(['none']);
      for (const sso of ['none', 'background', 'automatic']) {
        const change = checkChange(before, acme({ usersources: { new: { type, audience: 'users', sso } } }));
        expect(change.accepted).toBe(can.sso.some((mode) => mode === sso));
      }
    },
  );

  it('I10: a failed sign-in under automatic ends on a page, however it is hinted', () => {
    const lastError = { source: 'corp', code: 'access_denied' };
    for (const hint of [{}, { idpHint: 'corp' }, { loginHint: 'ann@corp.example' }, { prompt: 'login' as const }])
      expect(decide(configOf('hrd_automatic'), { brand: 'acme', path: '/', lastError, ...hint }).action).toBe(
        'login_page',
      );
  });

  it('I11: what the page does not offer is refused by every other door', () => {
    const config = configOf('users_automatic');
    const refused = [
      decide(config, { brand: 'acme', path: '/login', kind: 'submit' }),
      decide(config, { brand: 'acme', path: '/lost-password' }),
      decide(config, { brand: 'acme', path: '/register' }),
      decide(config, { brand: 'acme', path: '/sso/start/google' }),
    ];
    expect(refused.map(({ action }) => action)).toEqual(['deny', 'deny', 'deny', 'deny']);
  });

  it('I12: a disabled source is dead for clicks, hints, routing, sessions, logout and links', () => {
    const config = configOf('hrd_automatic', acme({ usersources: { corp: { enabled: false } } }));
    const at = (over: object) => decide(config, { brand: 'acme', path: '/login', ...over });
    const session = { ...user, usersource: 'corp' };
    expect(at({ path: '/sso/start/corp' }).reason).toBe('source.unknown');
    expect(at({ idpHint: 'corp' }).reason).toBe('login.options');
    expect(at({ loginHint: 'ann@corp.example' }).reason).toBe('login.options');
    expect(at({ session }).reason).toBe('login.options');
    expect(at({ path: '/logout', session }).reason).toBe('logout.local');
    expect(link(arrival({ source: { enabled: false }, state: { linked: account() } })).reason).toBe('source.disabled');
  });

  it.each(['/%61dmin/', '/kb/..', '/ADMIN', '/admin.', '//admin', '/kb\\..\\admin', '/kb;/admin', '/kb/\n'])(
    'I13: refuses %j',
    (path) => {
      expect(decide(configOf('default'), { brand: 'acme', path })).toEqual({
        action: 'deny',
        status: 400,
        reason: 'path.not_canonical',
      });
    },
  );

  it('I16: nobody arrives as an admin, whatever the grants say', () => {
    expect(link(arrival({ source: { grant: ['admin', 'admins'] } }))).toMatchObject({ action: 'create', admin: false });
  });

  it('I17: no sign-in carries a user over to the agents', () => {
    const source = { audience: 'agents' };
    for (const state of [
      { linked: account() },
      { byEmail: account() },
      { byUsername: account() },
      { signedInAs: { audience: 'users', fresh: true } },
    ])
      expect(link(arrival({ source, state })).action).toBe('deny');
  });

  it('I18: an agent may read the portal, a user never the agent pages', () => {
    const config: PolicyConfig = configOf('users_automatic');
    expect(decide(config, { brand: 'acme', path: '/', session: agent })).toMatchObject({
      action: 'allow',
      as: 'agents',
    });
    for (const path of ['/agent/', '/admin/', '/agent/tickets/1'])
      expect(decide(config, { brand: 'acme', path, session: user }).action).toBe('login_page');
  });

  it("I19: a password for a claimed domain reaches that domain's source alone", () => {
    const submit = { brand: 'acme', path: '/login', kind: 'submit' as const };
    expect(decide(configOf('hrd'), { ...submit, loginHint: 'bo@plant.example' })).toMatchObject({ sources: ['ldap'] });
    expect(decide(configOf('hrd'), submit)).toMatchObject({ sources: ['local-users', 'ldap'] });
  });
});
