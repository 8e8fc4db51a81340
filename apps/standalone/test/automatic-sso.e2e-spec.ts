import { describeWith } from '@passbroker/testing';
import { settingsOf } from './world/company.js';
import { twoBrands } from './world/two-brands.js';

/** Another brand, another person: one address is one account. */
const TOM = { uid: 'tom', email: 'tom@company.test', name: 'Tom Foolery' };

describeWith('chromium', 'policy, in Chromium:', () => {
  const walk = twoBrands();

  describe('automatic SSO', () => {
    it('signs users in without a walk.page, and lets agents in by their own door', async () => {
      walk.company.person = TOM;
      await walk.page.goto(`${walk.b}/`);
      await walk.heading('Hello, Tom Foolery');

      await walk.anew();
      await walk.page.goto(`${walk.b}/agent/`);
      await walk.heading('Agent sign-in');
      await walk.byForm('gus');
      await walk.heading('Hello, Gus');
      // The agents' session opens the portal, whatever is asked of users.
      await walk.page.goto(`${walk.b}/`);
      await walk.heading('Hello, Gus');
      expect(walk.company.asked).toHaveLength(1);
    });

    it('cannot be declined on the portal, and can be by agents', async () => {
      for (const path of ['/login?sso=off', '/?sso=off', '/login?lastError=x&hops=9']) {
        await walk.page.goto(`${walk.b}${path}`);
        await walk.heading('Company sign-in');
      }
      expect(await walk.status(`${walk.b}/lost-password`)).toBe(404);
      expect(await walk.status(`${walk.b}/register?sso=off`)).toBe(404);
      await walk.usersource('brand-b', 'b-agents-sso', 'multipass', {
        audience: 'agents',
        label: 'Company for agents',
        sso: 'automatic',
        settings: settingsOf(walk.company, `${walk.b}/sso/b-agents-sso/multipass`),
      });
      await walk.heard();
      try {
        await walk.page.goto(`${walk.b}/agent/`);
        await walk.heading('Company sign-in');
        await walk.page.goto(`${walk.b}/agent/?sso=off`);
        await walk.heading('Agent sign-in');
        await walk.byForm('gus');
        await walk.heading('Hello, Gus');
      } finally {
        await walk.broker.api('DELETE', '/v1/usersources/b-agents-sso');
        await walk.heard();
      }
    });

    it('stops at an error of the upstream, says so, and waits to be asked', async () => {
      walk.company.broken = true;
      await walk.page.goto(`${walk.b}/`);
      await walk.heading('This sign-in link did not work');
      expect(walk.company.asked).toHaveLength(1);
      await walk.page.getByRole('link', { name: 'Try again' }).click();
      await walk.page.getByText('That did not work.').waitFor();
      // The one button: no way round to passwords.
      expect(await walk.offered()).toEqual(['Continue with Company sign-in']);
      expect(walk.company.asked).toHaveLength(1);
      Object.assign(walk.company, { broken: false, person: TOM });
      await walk.followed('Continue with Company sign-in');
      await walk.heading('Hello, Tom Foolery');
    });

    it('does not go round in circles, however often somebody comes back unknown', async () => {
      await walk.page.goto(`${walk.b}/signed-out`);
      for (let visit = 0; visit < 3; visit += 1) await walk.page.goto(`${walk.b}/`);
      expect(walk.company.asked).toHaveLength(3);
      await walk.page.goto(`${walk.b}/`);
      await walk.page.getByText('You were sent back and forth too often.').waitFor();
      expect(walk.company.asked).toHaveLength(3);
    });

    it('does not sign in again whoever signed out', async () => {
      walk.company.person = TOM;
      await walk.page.goto(`${walk.b}/`);
      await walk.heading('Hello, Tom Foolery');
      await walk.pressed('Sign out');
      await walk.heading('You are signed out');
      await walk.page.goto(`${walk.b}/`);
      await walk.page.getByText('You are signed out.').waitFor();
      expect(walk.company.asked).toHaveLength(1);
      await walk.followed('Continue with Company sign-in');
      await walk.heading('Hello, Tom Foolery');
    });
  });
});
