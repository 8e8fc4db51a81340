import { badge, defaultDisplay, needsConfirmation, type UsersourcePolicy } from './index.js';

const corp: UsersourcePolicy = { type: 'saml', audience: 'users', sso: 'automatic' };

describe('the badge', () => {
  it.each([
    ['nothing without an SSO mode', { ...corp, sso: 'none' as const }, {}, null],
    ['nothing for a mode the type cannot have', { ...corp, type: 'ldap' }, {}, null],
    ['in force', corp, {}, 'in_force'],
    ['disabled, before anything else', { ...corp, enabled: false, health: 'down' as const }, {}, 'source_disabled'],
    ['off this network', { ...corp, networks: ['10.0.0.0/8'] }, { ip: '203.0.113.7' }, 'off_network'],
    ['on this network', { ...corp, networks: ['10.0.0.0/8'] }, { ip: '10.9.8.7' }, 'in_force'],
    ['nowhere in particular', { ...corp, networks: ['10.0.0.0/8'] }, {}, 'in_force'],
    ['down', { ...corp, health: 'down' as const }, { proven: false }, 'down'],
    ['unproven', corp, { proven: false }, 'unproven'],
  ])('says: %s', (_what, usersource, context, state) => {
    expect(badge(usersource, context)).toEqual(state && { mode: 'automatic', state });
  });
});

describe('defaultDisplay', () => {
  it.each([
    ['local', 'form'],
    ['peoplesoft-database', 'form'],
    ['google', 'icon'],
    ['saml', 'button'],
    ['kerberos', 'button'],
    ['never heard of', 'hidden'],
    ['__proto__', 'hidden'],
  ])('shows %s as %s', (type, display) => {
    expect(defaultDisplay(type)).toBe(display);
  });
});

describe('needsConfirmation', () => {
  const local = { type: 'local', audience: 'agents' as const };
  const staff = { type: 'saml', audience: 'agents' as const };
  const before = { brands: { acme: { usersources: { local, staff } } } };
  const patch = (usersources: object) => ({ brands: { acme: { usersources } } });

  it.each([
    ["agents' automatic switched on", patch({ staff: { sso: 'automatic' } }), true],
    ["agents' local accounts switched off", patch({ local: { enabled: false } }), true],
    ["agents' local accounts deleted", patch({ local: null }), true],
    ["users' automatic switched on", patch({ u: { type: 'saml', audience: 'users', sso: 'automatic' } }), false],
    ['a new label', patch({ staff: { label: 'Staff' } }), false],
    ['something unreadable', { brands: 7 }, true],
  ])('%s', (_what, change, needed) => {
    expect(needsConfirmation(before, change)).toBe(needed);
  });
});
