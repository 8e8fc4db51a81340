import { describeWith } from '@passbroker/testing';
import { twoBrands } from './world/two-brands.js';

const JANE = { uid: 'jane', email: 'jane@acme.test', name: 'Jane Doe' };

describeWith('chromium', 'policy, in Chromium:', () => {
  const walk = twoBrands();

  describe('background SSO', () => {
    beforeAll(() => walk.change('/v1/usersources/a-intranet', { sso: 'background' }));
    afterAll(() => walk.change('/v1/usersources/a-intranet', { sso: 'none' }));
    /** Background SSO asks about browsers that keep cookies: the first walk.page gives one. */
    const met = () => walk.page.goto(`${walk.a}/signed-out`);

    it('signs in whoever is signed in upstream, where they were going', async () => {
      walk.company.person = JANE;
      await met();
      await walk.page.goto(`${walk.a}/`);
      await walk.heading('Hello, Jane Doe');
      expect(walk.company.asked).toEqual(['passive=1']);
    });

    it('asks once about everybody else, who see the portal as guests', async () => {
      await met();
      await walk.page.goto(`${walk.a}/`);
      await walk.heading('Welcome to Acme portal');
      await walk.page.goto(`${walk.a}/`);
      await walk.heading('Welcome to Acme portal');
      expect(walk.company.asked).toEqual(['passive=1']);
      await walk.page.goto(`${walk.a}/login`);
      expect(await walk.offered()).toContain('Continue with Company intranet');
      expect(walk.company.asked).toHaveLength(1);
    });

    it('shows the sign-in walk.page to who wanted to sign in', async () => {
      await met();
      await walk.page.goto(`${walk.a}/login`);
      await walk.heading('Sign in to Acme portal');
      await walk.byForm('uma');
      await walk.heading('Hello, Uma');
      expect(walk.company.asked).toEqual(['passive=1']);
    });

    it('keeps nobody out when the upstream is broken', async () => {
      walk.company.broken = true;
      await met();
      await walk.page.goto(`${walk.a}/`);
      await walk.heading('Welcome to Acme portal');
      expect(walk.company.asked).toHaveLength(1);
    });

    it('does not sign in again whoever signed out, at no later walk.page either', async () => {
      walk.company.person = JANE;
      await met();
      await walk.page.goto(`${walk.a}/`);
      await walk.heading('Hello, Jane Doe');
      await walk.person.context.clearCookies({ name: 'passbroker_probe' });
      await walk.pressed('Sign out');
      await walk.heading('You are signed out');
      for (const path of ['/', '/', '/login']) await walk.page.goto(`${walk.a}${path}`);
      await walk.heading('Sign in to Acme portal');
      expect(walk.company.asked).toHaveLength(1);
    });

    it('can be declined by anybody', async () => {
      walk.company.person = JANE;
      await met();
      await walk.page.goto(`${walk.a}/login?sso=off`);
      await walk.heading('Sign in to Acme portal');
      expect(walk.company.asked).toEqual([]);
    });
  });
});
