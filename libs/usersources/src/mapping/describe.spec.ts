import { Refusal, type IdentityAssertion, type UsersourceMapping, type UsersourceRecord } from '@passbroker/model';
import { describeIdentity } from './index.js';
import { filterShape, mappingComplaints, mappingShape } from './mapping.settings.js';

const record = (mapping: Partial<UsersourceMapping> = {}, filter: string | null = null): UsersourceRecord => ({
  ...{ id: 'us_1', slug: 'corp', type: 'saml', brand: 'br_1', audience: 'agents', label: 'Corp', enabled: true },
  ...{ sso: 'none', display: 'button', order: 1, hintable: true, forwardPassive: true, slo: false, domains: [] },
  ...{ networks: [], jit: { create: 'on', grant: [] }, linking: { mode: 'never', authoritativeDomains: [] } },
  ...{ settings: {}, settingsVersion: 1, proven: null, revision: 1, sync: 'every', filter },
  mapping: { attributes: {}, ...mapping },
});

const assertion = (more: Partial<IdentityAssertion> = {}): IdentityAssertion => ({
  usersource: 'corp',
  subject: 'u-1',
  claims: { email: 'ada@acme.test', emailVerified: true, name: 'Ada', groups: ['from the type'] },
  said: { memberOf: ['Staff', 'Ops'], mail: 'ada@other.test', department: 'Ships' },
  authenticatedAt: new Date(0),
  methods: ['pwd'],
  ...more,
});

const refusalOf = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof Refusal ? `${error.code}: ${error.detail}` : `no refusal: ${String(error)}`;
  }
};

describe('a mapping', () => {
  it('says instead of the usersource what it was written for, and leaves the rest', () => {
    const { passes, claims } = describeIdentity(
      record({
        name: 'claims.name + " Lovelace"',
        username: 'subject',
        groups: 'said.memberOf.map(g, "corp-" + g)',
        attributes: { department: 'said.department', floor: 'said.?floor', grade: '7' },
      }),
      assertion(),
    );
    expect(passes).toBe(true);
    expect(claims).toEqual({
      ...{ email: 'ada@acme.test', emailVerified: true, name: 'Ada Lovelace', username: 'u-1' },
      ...{ groups: ['corp-Ops', 'corp-Staff'], attributes: { department: 'Ships', grade: '7' } },
    });
  });

  it('gives no groups unless it was written for groups', () => {
    expect(describeIdentity(record(), assertion()).claims.groups).toBeUndefined();
    expect(describeIdentity(record({ name: 'subject' }), assertion()).claims.groups).toBeUndefined();
  });

  it('does not make an address verified that the usersource did not vouch for (LINK-001)', () => {
    const other = describeIdentity(record({ email: 'said.mail' }), assertion()).claims;
    expect(other).toMatchObject({ email: 'ada@other.test', emailVerified: false });
    const same = describeIdentity(record({ email: 'claims.email' }), assertion()).claims;
    expect(same).toMatchObject({ email: 'ada@acme.test', emailVerified: true });
  });

  it.each([
    [{ name: 'said.title' }, {}, 'mapping.failed: name: No such key: title'],
    [{ name: 'said.memberOf[7]' }, {}, /^mapping\.failed: name: /],
    [{ email: 'said.department' }, {}, 'mapping.failed: email: this is no e-mail address'],
    [{ groups: 'said.department' }, {}, 'mapping.failed: groups: this is no list'],
    [{ groups: '[said.memberOf]' }, {}, 'mapping.failed: groups: a group that is no text'],
    [{ attributes: { x: 'said.memberOf' } }, {}, 'mapping.failed: attributes.x: this is no text'],
    [{ name: 'said.department' }, { department: 'a\r\nBcc: b' }, 'mapping.failed: name: a control character'],
    [{ name: 'said.department' }, { department: 'x'.repeat(201) }, 'mapping.failed: name: more than 200 characters'],
    [
      { name: 'subject' },
      { big: 'x'.repeat(1_048_577) },
      /^mapping\.failed: what was said: the upstream said too much/,
    ],
  ])('%j of %j lets nobody in', (mapping, said, told) => {
    const refusal = refusalOf(() =>
      describeIdentity(record(mapping), assertion({ said: { ...assertion().said, ...said } })),
    );
    if (typeof told === 'string') expect(refusal).toBe(told);
    else expect(refusal).toMatch(told);
  });
});

describe('a filter', () => {
  it.each([
    ['"Ops" in said.memberOf', true],
    ['"Chefs" in said.memberOf', false],
    ['claims.email.endsWith("@acme.test") && usersource.audience == "agents"', true],
    ['claims.emailVerified == false', false],
  ])('%s is %s', (filter, passes) => {
    expect(describeIdentity(record({}, filter), assertion()).passes).toBe(passes);
  });

  it.each([
    ['said.missing == "x"', 'filter.failed: filter: No such key: missing'],
    ['said.department', 'filter.failed: filter: neither true nor false'],
    ['said.?department.orValue(true)', 'filter.failed: filter: neither true nor false'],
    ['1 +', /^filter\.failed: filter: /],
    ['said.memberOf.all(a, said.memberOf.all(b, said.flood.all(c, a + b != c)))', /^filter\.failed: filter: more than/],
  ])('that has no answer lets nobody in: %s', (filter, told) => {
    const flood = Array.from({ length: 5_000 }, (_, index) => `g${index}`);
    const said = { ...assertion().said, flood, memberOf: flood };
    const refusal = refusalOf(() => describeIdentity(record({}, filter), assertion({ said })));
    if (typeof told === 'string') expect(refusal).toBe(told);
    else expect(refusal).toMatch(told);
  });

  it('is asked before the mapping, which says nothing of people it keeps out', () => {
    const { passes, claims } = describeIdentity(record({ name: 'said.missing' }, 'false'), assertion());
    expect({ passes, name: claims.name }).toEqual({ passes: false, name: 'Ada' });
  });
});

describe('LINK-017: a claim that would be an admin', () => {
  const everything = record({ groups: 'said.groups', attributes: { role: 'said.role' } });
  const given = (groups: unknown) =>
    describeIdentity(everything, assertion({ said: { groups, role: 'admin', admin: true, audience: 'agents' } }));

  it.each([
    'admin',
    'Admins',
    'ADMINISTRATORS',
    'agents',
    ' owner ',
    'ad\u200Bmin',
    'ａｄｍｉｎ',
    'passbroker:anything',
    'URN:passbroker:x',
  ])('refuses the group %j and gives the one beside it', (name) => {
    const { claims, refusedGroups } = given([name, 'Staff']);
    expect(claims.groups).toEqual(['Staff']);
    expect(refusedGroups).toHaveLength(1);
  });

  it('has no member for it: nothing but a name, an address, a username, groups and attributes is described', () => {
    const { claims } = given(['Staff']);
    expect(Object.keys(claims).sort()).toEqual(['attributes', 'email', 'emailVerified', 'groups', 'name']);
    // An attribute is a text for applications, whatever it is called.
    expect(claims.attributes).toEqual({ role: 'admin' });
  });

  it.each([
    { admin: 'true' },
    { audience: '"agents"' },
    { disabled: 'false' },
    { id: '"acc_1"' },
    { emailVerified: 'true' },
  ])('refuses a mapping of %j', (more) => {
    expect(mappingShape.safeParse(more).success).toBe(false);
    expect(mappingShape.safeParse({ name: '"x"' }).success).toBe(true);
  });

  it.each(['constructor', 'prototype', 'a b', '', '1x', 'x'.repeat(65)])('refuses an attribute called %j', (name) => {
    expect(mappingShape.safeParse({ attributes: { [name]: '"x"' } }).success).toBe(false);
  });

  it('takes no attribute called __proto__', () => {
    const said: unknown = JSON.parse('{"attributes":{"__proto__":"\\"x\\"","fine":"\\"y\\""}}');
    expect(mappingShape.parse(said).attributes).toEqual({ fine: '"y"' });
  });
});

describe('whoever writes expressions', () => {
  it('is told at each what is wrong with it', () => {
    const mapping = { name: 'sad.x', groups: '"x"', attributes: { ok: '"y"', bad: 'eval("1")' } };
    expect(mappingComplaints(mapping, 'said.x +').map(({ path }) => path)).toEqual([
      ['filter'],
      ['mapping', 'name'],
      ['mapping', 'groups'],
      ['mapping', 'attributes', 'bad'],
    ]);
    expect(mappingComplaints({ attributes: { ok: '"y"' } }, 'true')).toEqual([]);
    expect(filterShape.safeParse('').success).toBe(false);
  });
});
