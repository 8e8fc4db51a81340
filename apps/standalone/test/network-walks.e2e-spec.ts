import { describeWith } from '@passbroker/testing';
import { twoBrands } from './world/two-brands.js';

const TOM = { uid: 'tom', email: 'tom@company.test', name: 'Tom Foolery' };
const JANE = { uid: 'jane', email: 'jane@acme.test', name: 'Jane Doe' };
const GAIL = { sub: '110169484474386276334', email: 'gail@gmail.com', email_verified: true, name: 'Gail' };
/** Where the browser of this test is, and where it is not. */
const HERE = ['127.0.0.0/8', '::1/128'];
const ELSEWHERE = ['10.0.0.0/8'];

describeWith('chromium', 'where somebody is and who they say they are, in Chromium:', () => {
  const walk = twoBrands();
  const users = (brand: string, policy: Record<string, string>) =>
    walk.change(`/v1/brands/${brand}`, { audiences: { users: policy } });

  describe('automatic SSO of a network', () => {
    afterAll(async () => {
      await walk.change('/v1/usersources/b-company', { networks: [] });
      await users('brand-b', { offNetwork: 'degrade' });
    });

    it('is in force there, and elsewhere a button beside the form', async () => {
      walk.company.person = TOM;
      await walk.change('/v1/usersources/b-company', { networks: HERE });
      await walk.page.goto(`${walk.b}/`);
      await walk.heading('Hello, Tom Foolery');

      await walk.change('/v1/usersources/b-company', { networks: ELSEWHERE });
      await walk.anew();
      await walk.page.goto(`${walk.b}/`);
      expect(await walk.offered()).toEqual([
        ...['Sign in', 'Forgot your password?', 'Use a passkey', 'Continue with Company sign-in'],
      ]);
      expect(walk.company.asked).toHaveLength(1);
      // The network limits what happens by itself, and not a click.
      await walk.followed('Continue with Company sign-in');
      await walk.heading('Hello, Tom Foolery');
    });

    it('keeps everybody else out where the brand says so, but for the agents’ own door', async () => {
      walk.company.person = TOM;
      await users('brand-b', { offNetwork: 'deny' });
      for (const path of ['/', '/login', '/login?sso=off', '/sso/start/b-company'])
        expect([path, await walk.status(`${walk.b}${path}`)]).toEqual([path, 403]);
      expect(walk.company.asked).toEqual([]);
      await walk.page.goto(`${walk.b}/agent/`);
      await walk.byForm('gus');
      await walk.heading('Hello, Gus');
      // Positive control: the same policy, in the network.
      await walk.change('/v1/usersources/b-company', { networks: HERE });
      await walk.anew();
      await walk.page.goto(`${walk.b}/`);
      await walk.heading('Hello, Tom Foolery');
    });
  });

  describe('an address', () => {
    beforeAll(async () => {
      await walk.change('/v1/usersources/a-intranet', { domains: ['acme.test'] });
      await users('brand-a', { hrd: 'route' });
    });
    afterAll(async () => {
      await users('brand-a', { hrd: 'off' });
      await walk.change('/v1/usersources/a-intranet', { domains: [] });
    });

    it('leads to the usersource of its domain, exactly', async () => {
      walk.company.person = JANE;
      await walk.page.goto(walk.question(walk.a, { login_hint: 'Jane@ACME.test' }));
      await walk.page.waitForURL((url) => url.origin !== walk.a || url.searchParams.has('code'));
      expect(walk.company.asked).toHaveLength(1);
      for (const stranger of ['jane@other.test', 'jane@shop.acme.test', 'jane@acme.test.evil.test']) {
        await walk.anew();
        await walk.page.goto(walk.question(walk.a, { login_hint: stranger }));
        await walk.heading('Sign in to Acme portal');
        expect(await walk.page.getByLabel('E-mail or username').inputValue()).toBe(stranger);
        expect(await walk.offered()).toContain('Continue with Company intranet');
      }
      expect(walk.company.asked).toHaveLength(1);
    });

    it('is told apart from an account: nobody learns by it who has one', async () => {
      const shown: string[][] = [];
      for (const name of ['uma', 'nobody']) {
        await walk.anew();
        await walk.page.goto(walk.question(walk.a, { login_hint: `${name}@people.test` }));
        await walk.heading('Sign in to Acme portal');
        shown.push(await walk.offered());
      }
      expect(shown[0]).toEqual(shown[1]);
    });

    it('leads nowhere when the options are asked for', async () => {
      await walk.page.goto(walk.question(walk.a, { login_hint: 'jane@acme.test', idp_hint: '' }));
      await walk.heading('Sign in to Acme portal');
      expect(walk.company.asked).toEqual([]);
    });
  });

  it('a hint leaves automatic SSO where the brand makes it a default, and not where it is the only way', async () => {
    await walk.usersource('brand-b', 'b-google', 'google', {
      ...{ label: 'Google', order: 3, jit: { create: 'on' } },
      settings: {
        clientId: 'broker',
        clientSecret: walk.google.clients.get('broker'),
        standIn: new URL(walk.google.issuer).origin,
      },
    });
    walk.google.person = GAIL;
    try {
      await walk.heard();
      await walk.page.goto(walk.question(walk.b, { idp_hint: 'b-google' }));
      await walk.heading('Company sign-in');
      expect(await walk.status(`${walk.b}/sso/start/b-google`)).toBe(403);
      await users('brand-b', { automaticScope: 'default' });
      await walk.anew();
      await walk.page.goto(walk.question(walk.b, { idp_hint: 'b-google' }));
      expect((await walk.told()).get('code')).toBeTruthy();
      // Without a hint it is automatic still.
      await walk.anew();
      await walk.page.goto(walk.question(walk.b));
      await walk.heading('Company sign-in');
    } finally {
      await users('brand-b', { automaticScope: 'exclusive' });
      await walk.broker.api('DELETE', '/v1/usersources/b-google');
      await walk.heard();
    }
  });
});
