import { startHostileOp, type Browser, type HostileOp, type Json } from '@passbroker/testing';
import { SamlIdp } from '../../../libs/testing/src/peers/saml-idp.js';
import { PASSWORD } from './world/applications.js';
import { startBroker, type Broker } from './world/broker.js';
import { CLIENT_SECRET, heard, isCallback, Upstreams, type Arrival } from './world/upstreams.js';

const DOOR = /^\/sso\/[\w-]+\/callback$/;

/** Whose account somebody gets who comes from an OpenID or a SAML provider, over two gateways. */
describe('accounts and identities of other providers', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let op: HostileOp;
  let standIn: HostileOp;
  let idp: SamlIdp;

  beforeAll(async () => {
    broker = await startBroker();
    upstreams = await Upstreams.of(broker);
    op = await startHostileOp();
    standIn = await startHostileOp({ path: '/accounts.google.com' });
    idp = new SamlIdp('');
    await idp.listen();
    const auto = { linking: { mode: 'auto_verified', authoritativeDomains: ['acme.test'] } };
    await upstreams.oidc('prove', op.issuer);
    await upstreams.oidc('auto', op.issuer, {}, auto);
    await upstreams.oidc('off', op.issuer);
    await upstreams.oidc('groups', op.issuer, {}, { mapping: { groups: 'said.groups' } });
    await upstreams.add('saml', 'saml', { metadataUrl: `${idp.origin}/metadata` }, auto);
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await op?.close();
    await standIn?.close();
    await idp?.close();
    await broker?.close();
  });

  const account = async (name: string, domain = 'acme.test', more: Json = {}): Promise<string> => {
    const made = await broker.api('POST', '/v1/accounts', {
      ...{ audience: 'users', username: name, name, password: PASSWORD },
      ...{ emails: [{ value: `${name}@${domain}`, verified: true }], ...more },
    });
    return String(made['id']);
  };
  /** Who is signed in there, until the next one. */
  const person = (sub: string, email: string, more: Json = {}): void => {
    op.person = { sub, email, email_verified: true, name: 'Jane', ...more };
    idp.person = { nameId: sub, attributes: { email: [email], displayName: ['Jane'] } };
  };
  async function arrive(slug: string, ask: Record<string, string> = {}): Promise<Arrival> {
    const arrival = await upstreams.setOut(slug, undefined, isCallback, ask);
    const form = slug === 'saml' ? arrival.last.forms[0] : undefined;
    return form ? { ...arrival, last: await arrival.browser.submit(form, {}, { until: isCallback }) } : arrival;
  }
  const subject = async (slug: string) => (await upstreams.claims(await arrive(slug)))['sub'];
  /** Nobody is signed in: they are asked to show that the account is theirs. */
  async function asksForProof(slug: string): Promise<void> {
    const before = await upstreams.sessions();
    const { last, browser } = await arrive(slug);
    expect(last.text).toContain('belongs to an account here');
    expect(browser.cookies.value('passbroker_session', new URL(broker.origin))).toBeUndefined();
    expect(await upstreams.sessions()).toBe(before);
    await upstreams.settled();
  }

  it('LINK-001, LINK-009: opens no account by an address that the provider has not verified', async () => {
    const ann = await account('ann');
    person('evil-ann', 'ann@acme.test', { email_verified: false });
    await asksForProof('auto');
    person('evil-ann', 'ann@acme.test', { email_verified: undefined });
    await asksForProof('auto');
    person('evil-ann', 'ann@acme.test');
    await asksForProof('prove');
    // The key is issuer and subject: the same address, verified and vouched for, is hers.
    expect(await subject('auto')).toBe(ann);
  }, 30_000);

  it('LINK-003: lets a provider vouch for its own domains only', async () => {
    await account('bob', 'other.test');
    person('bob', 'bob@other.test');
    await asksForProof('auto');
    const own = await account('own');
    person('own', 'own@acme.test');
    expect(await subject('auto')).toBe(own);
  }, 30_000);

  it('LINK-003: the same of a SAML provider', async () => {
    await account('pat', 'other.test');
    person('pat', 'pat@other.test');
    await asksForProof('saml');
    person('newcomer', 'newcomer@acme.test');
    expect(await upstreams.claims(await arrive('saml'))).toMatchObject({ email: 'newcomer@acme.test' });
  }, 30_000);

  it.each(['auto', 'saml'])(
    'asks a newcomer of %s whether they are another than was expected',
    async (slug) => {
      person(`ida-${slug}`, `ida-${slug}@acme.test`);
      const before = await upstreams.sessions();
      const expected = { login_hint: 'gert@acme.test' };
      const asked = await arrive(slug, expected);
      if (slug === 'auto') {
        expect(op.heard.findLast(({ path }) => path === '/authorize')?.query.get('login_hint')).toBe('gert@acme.test');
      }
      expect(asked.last.text).toContain('You wanted to sign in as gert@acme.test');
      expect(asked.last.text).toContain(`ida-${slug}@acme.test`);
      expect(await upstreams.sessions()).toBe(before);
      const button = 'Continue as Jane';
      const last = await asked.browser.submit(asked.last.form(button), {}, { until: isCallback, button });
      expect(await upstreams.claims({ ...asked, last })).toMatchObject({ email: `ida-${slug}@acme.test` });
      // Once it is theirs, whatever was typed; and nobody is asked who was expected.
      expect(await upstreams.claims(await arrive(slug, expected))).toMatchObject({ email: `ida-${slug}@acme.test` });
      person(`gert-${slug}`, `gert-${slug}@acme.test`);
      const gert = await arrive(slug, { login_hint: `Gert-${slug}@Acme.test` });
      expect(await upstreams.claims(gert)).toMatchObject({ email: `gert-${slug}@acme.test` });
    },
    30_000,
  );

  let dee: string | undefined;
  it.each([
    ['dee+x@acme.test', 'another'],
    ['d.ee@acme.test', 'another'],
    ['dеe@acme.test', 'another'],
    ['Dee@Acme.test', 'the same'],
  ])(
    'LINK-004: takes %s for %s',
    async (email, what) => {
      dee ??= await account('dee');
      person(`like-${email}`, email);
      const { last, asked, browser } = await arrive('auto');
      const theirs = last.location?.searchParams.has('code')
        ? (await upstreams.claims({ last, asked, browser }))['sub']
        : 'nobody';
      expect(theirs === dee ? 'the same' : 'another').toBe(what);
    },
    30_000,
  );

  it('LINK-005: does not join an account made with somebody’s address before they came', async () => {
    await account('eve', 'acme.test', { emails: [{ value: 'eve@acme.test', verified: false }] });
    person('true-eve', 'eve@acme.test');
    await asksForProof('auto');
    const kim = await account('kim');
    person('true-kim', 'kim@acme.test');
    expect(await subject('auto')).toBe(kim);
  }, 30_000);

  it('LINK-013: lets nobody in through a provider that was switched off while they were there', async () => {
    const enabled = async (on: boolean): Promise<void> => {
      await broker.api('PATCH', '/v1/usersources/off', { enabled: on });
      await heard();
    };
    person('off', 'off@acme.test');
    await upstreams.refuses(
      async () => {
        const arrival = await upstreams.setOut('off', undefined, ({ pathname }) => DOOR.test(pathname));
        await enabled(false);
        return { ...arrival, last: await arrival.browser.visit(arrival.last.location ?? '', { until: isCallback }) };
      },
      ['usersource.disabled'],
      async () => {
        await enabled(true);
        expect(await upstreams.admitted('off')).toMatchObject({ name: 'Jane' });
      },
    );
  }, 30_000);

  it('LINK-014: takes the answer of a sign-in once, and from the browser that set out', async () => {
    await account('leo');
    person('leo', 'leo@acme.test');
    const isDoor = ({ pathname }: URL): boolean => DOOR.test(pathname);
    const arrival = await upstreams.setOut('prove', undefined, isDoor);
    const answer = arrival.last.location ?? new URL(broker.origin);
    const thief = await broker.browser().get(answer);
    expect([thief.status, thief.text.includes('belongs to')]).toEqual([400, false]);
    expect((await arrival.browser.visit(answer)).text).toContain('belongs to an account here');
    const again = await arrival.browser.visit(answer);
    expect([again.status, again.text.includes('belongs to')]).toEqual([400, false]);
  }, 30_000);

  it('LINK-017: makes no admin, and nobody of another audience, by any word of a provider', async () => {
    person('max', 'max@acme.test', { groups: ['admins', 'staff'], admin: true, role: 'admin', audience: 'agents' });
    const max = await broker.api('GET', `/v1/accounts/${String(await subject('groups'))}`);
    expect(max).toMatchObject({ admin: false, audience: 'users', groups: ['staff'] });
    await account('gus', 'acme.test', { audience: 'agents' });
    person('evil-gus', 'gus@acme.test');
    await upstreams.settled();
    await upstreams.refuses(
      () => arrive('auto'),
      ['link.refused', 'audience.mismatch'],
      async () => {
        person('nia', 'nia@acme.test');
        await subject('auto');
      },
    );
  }, 30_000);

  describe('agents and a provider where anybody may have an account (I5)', () => {
    const google = (slug: string, more: Json) =>
      upstreams.add(
        'google',
        slug,
        { clientId: 'broker', clientSecret: CLIENT_SECRET, standIn: new URL(standIn.issuer).origin },
        {
          ...{ audience: 'agents', display: 'icon', ...more },
        },
      );
    const comes = async (slug: string, email: string, more: Json = {}) => {
      standIn.person = { sub: email, email, email_verified: true, name: 'Jane', ...more };
      const browser = broker.browser();
      return { browser, page: await browser.visit(`/sso/start/${slug}?return_to=${encodeURIComponent('/agent/')}`) };
    };
    const isIn = (browser: Browser): boolean =>
      browser.cookies.value('passbroker_session', new URL(broker.origin)) !== undefined;

    it('LINK-019: cannot be set up to make agents of strangers', async () => {
      await expect(google('open', { jit: { create: 'on' } })).rejects.toThrow(/409.*jit\.unrestricted/);
    });

    it('LINK-019: nor through the oidc type, until it is fenced', async () => {
      const app = { clientId: 'broker', clientSecret: CLIENT_SECRET };
      const agents = { audience: 'agents', jit: { create: 'on' } };
      for (const [slug, settings] of Object.entries({
        anybody: { preset: 'google', ...app },
        'by-its-name': { issuer: 'https://accounts.google.com', ...app },
        gitlab: { preset: 'gitlab', ...app },
      })) {
        await expect(upstreams.add('oidc', slug, settings, agents)).rejects.toThrow(/409.*jit\.unrestricted/);
      }
      const fenced = await upstreams.add(
        'oidc',
        'fenced',
        { preset: 'google', hostedDomain: 'acme.test', ...app },
        agents,
      );
      const open = broker.api('PATCH', `/v1/usersources/${String(fenced['id'])}`, { settings: { hostedDomain: null } });
      await expect(open).rejects.toThrow(/409.*jit\.unrestricted/);
      await upstreams.add(
        'oidc',
        'named',
        { preset: 'gitlab', ...app },
        { ...agents, filter: "'staff' in claims.groups" },
      );
    }, 30_000);

    it('refuses strangers, and lets in whom its filter names', async () => {
      await google('closed', { jit: { create: 'off' } });
      await google('staff', { jit: { create: 'on' }, filter: "claims.email.endsWith('@acme.test')" });
      await heard();
      for (const [slug, email] of [
        ['closed', 'stranger@acme.test'],
        ['staff', 'stranger@gmail.test'],
      ] as const) {
        const { browser, page } = await comes(slug, email);
        expect([slug, page.status, isIn(browser)]).toEqual([slug, 403, false]);
      }
      const { browser, page } = await comes('staff', 'hired@acme.test');
      expect([page.status, isIn(browser)]).toEqual([200, true]);
    }, 30_000);

    it('LINK-019: lets in whose verified address is of its domains, and nobody because it has any', async () => {
      await google('of-its-domains', { jit: { create: 'on' }, domains: ['acme.test'] });
      await heard();
      for (const [email, more] of [
        ['stranger@gmail.test', {}],
        ['claimed@acme.test', { email_verified: false }],
        ['like@acme.test.evil.test', {}],
      ] as const) {
        const { browser, page } = await comes('of-its-domains', email, more);
        expect([email, page.status, isIn(browser)]).toEqual([email, 403, false]);
      }
      const { browser, page } = await comes('of-its-domains', 'one-of-us@acme.test', { hd: 'acme.test' });
      expect([page.status, isIn(browser)]).toEqual([200, true]);
    }, 30_000);
  });
});
