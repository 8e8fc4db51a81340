import { describeWith } from '@passbroker/testing';
import { twoBrands } from './world/two-brands.js';

const GAIL = { sub: '110169484474386276334', email: 'gail@gmail.com', email_verified: true, name: 'Gail' };
const JANE = { uid: 'jane', email: 'jane@acme.test', name: 'Jane Doe' };

describeWith('chromium', 'a portal and its policy, in Chromium', () => {
  const walk = twoBrands();

  describe('the example portal', () => {
    it('offers the form, the button and the icon, and lets people in by each', async () => {
      await walk.page.goto(`${walk.a}/login`);
      await walk.heading('Sign in to Acme portal');
      expect(await walk.offered()).toEqual([
        'Sign in',
        'Forgot your password?',
        'Create an account',
        'Use a passkey',
        'Continue with Company intranet',
        'Continue with Google',
      ]);
      await walk.byForm('uma');
      await walk.heading('Hello, Uma');

      await walk.anew();
      walk.company.person = JANE;
      await walk.page.goto(`${walk.a}/login`);
      await walk.followed('Continue with Company intranet');
      await walk.heading('Hello, Jane Doe');

      await walk.anew();
      walk.google.person = GAIL;
      await walk.page.goto(`${walk.a}/login`);
      await walk.followed('Continue with Google');
      await walk.heading('Hello, Gail');
    });

    it('is open to guests, and asks no site about them', async () => {
      walk.company.person = JANE;
      await walk.page.goto(`${walk.a}/`);
      await walk.page.goto(`${walk.a}/`);
      await walk.heading('Welcome to Acme portal');
      expect(walk.company.asked).toEqual([]);
    });

    it('is closed to guests when the brand says so', async () => {
      await walk.change('/v1/brands/brand-a', { guestAccess: false });
      try {
        await walk.page.goto(`${walk.a}/`);
        await walk.heading('Sign in to Acme portal');
      } finally {
        await walk.change('/v1/brands/brand-a', { guestAccess: true });
      }
    });

    it('refuses what it does not show', async () => {
      expect(await walk.status(`${walk.a}/sso/start/a-hidden`)).toBe(403);
      expect(await walk.status(`${walk.a}/sso/start/b-company`)).toBe(404);
      // Positive control: the same usersource, shown.
      await walk.change('/v1/usersources/a-hidden', { display: 'button' });
      try {
        await walk.page.goto(`${walk.a}/sso/start/a-hidden`);
        await walk.heading('Company sign-in');
      } finally {
        await walk.change('/v1/usersources/a-hidden', { display: 'hidden' });
      }
    });

    it('knows nobody of the other brand', async () => {
      await walk.page.goto(`${walk.a}/login`);
      await walk.byForm('uma');
      await walk.heading('Hello, Uma');
      const [session] = (await walk.person.context.cookies(walk.a)).filter(({ name }) => name === 'passbroker_session');
      if (!session) throw new Error('no session');
      await walk.person.context.addCookies([{ name: session.name, value: session.value, url: walk.b }]);
      await walk.page.goto(`${walk.b}/`);
      await walk.heading('Company sign-in');
    });
  });

  describe('without its built-in accounts, the portal', () => {
    beforeAll(() => walk.change('/v1/usersources/a-local', { enabled: false }));
    afterAll(() => walk.change('/v1/usersources/a-local', { enabled: true }));

    it('has no form, no lost password and no registration, and refuses each', async () => {
      await walk.page.goto(`${walk.a}/login`);
      expect(await walk.offered()).toEqual(['Continue with Company intranet', 'Continue with Google']);
      expect(await walk.status(`${walk.a}/lost-password`)).toBe(404);
      expect(await walk.status(`${walk.a}/register`)).toBe(404);
      expect(await walk.status(`${walk.a}/change-password`)).toBe(404);
    });

    it('goes straight to the one way that is left, where the brand likes that', async () => {
      await walk.change('/v1/usersources/a-google', { enabled: false });
      const single = (singleOption: string) =>
        walk.change('/v1/brands/brand-a', { audiences: { users: { singleOption } } });
      try {
        await walk.page.goto(`${walk.a}/login`);
        expect(await walk.offered()).toEqual(['Continue with Company intranet']);
        await single('redirect');
        await walk.page.goto(`${walk.a}/login`);
        await walk.heading('Company sign-in');
        await walk.page.goto(`${walk.a}/login?sso=off`);
        await walk.heading('Sign in to Acme portal');
      } finally {
        await single('show');
        await walk.change('/v1/usersources/a-google', { enabled: true });
      }
    });
  });

  it('the built-in accounts of agents stay while they are the only way in for an admin that is proven', async () => {
    await walk.page.goto(`${walk.broker.origin}/admin/`);
    await walk.byForm('ada');
    await walk.heading('Hello, Ada');
    expect(await walk.broker.api('GET', '/v1/usersources/local-agents')).toMatchObject({
      proven: { settingsVersion: 1 },
    });
    await expect(walk.broker.api('PATCH', '/v1/usersources/local-agents', { enabled: false })).rejects.toThrow(
      /: 409 /,
    );
    await expect(walk.broker.api('DELETE', '/v1/usersources/local-agents')).rejects.toThrow(/: 409 /);
  });

  it('one usersource has SSO: a second is refused, or takes it over', async () => {
    const second = { sso: 'automatic' };
    await walk.change('/v1/usersources/a-intranet', { sso: 'background' });
    try {
      await expect(walk.broker.api('PATCH', '/v1/usersources/a-google', second)).rejects.toThrow(/: 409 /);
      await walk.broker.api('PATCH', '/v1/usersources/a-google?swap=true', second);
      await walk.heard();
      expect(await walk.broker.api('GET', '/v1/usersources/a-intranet')).toMatchObject({ sso: 'none', badge: null });
      expect(await walk.broker.api('GET', '/v1/usersources/a-google')).toMatchObject({ badge: { mode: 'automatic' } });
      walk.google.person = GAIL;
      await walk.page.goto(`${walk.a}/`);
      await walk.heading('Hello, Gail');
    } finally {
      await walk.change('/v1/usersources/a-google', { sso: 'none' });
    }
  });
});
