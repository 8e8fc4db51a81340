import { describeWith } from '@passbroker/testing';
import { twoBrands } from './world/two-brands.js';

const JANE = { uid: 'jane', email: 'jane@acme.test', name: 'Jane Doe' };
/** Another brand, another person: one address is one account. */
const TOM = { uid: 'tom', email: 'tom@company.test', name: 'Tom Foolery' };

describeWith('chromium', 'policy, in Chromium:', () => {
  const walk = twoBrands();

  describe('an application', () => {
    it('that may show no walk.page hears whether somebody is signed in', async () => {
      await walk.page.goto(walk.question(walk.a, { prompt: 'none' }));
      expect((await walk.told()).get('error')).toBe('login_required');
      await walk.page.goto(`${walk.a}/login`);
      await walk.byForm('uma');
      await walk.heading('Hello, Uma');
      await walk.page.goto(walk.question(walk.a, { prompt: 'none' }));
      expect((await walk.told()).get('code')).toBeTruthy();
    });

    it('that may show no walk.page is answered by way of the upstream', async () => {
      await walk.page.goto(walk.question(walk.b, { prompt: 'none' }));
      expect((await walk.told()).get('error')).toBe('login_required');
      expect(walk.company.asked).toEqual(['passive=1']);
      await walk.anew();
      walk.company.person = TOM;
      await walk.page.goto(walk.question(walk.b, { prompt: 'none' }));
      expect((await walk.told()).get('code')).toBeTruthy();
    });

    it('may ask for a fresh sign-in, by prompt or by age', async () => {
      await walk.page.goto(`${walk.a}/login`);
      await walk.byForm('uma');
      await walk.heading('Hello, Uma');
      await walk.page.goto(walk.question(walk.a));
      expect((await walk.told()).get('code')).toBeTruthy();
      await walk.page.goto(walk.question(walk.a, { prompt: 'login' }));
      await walk.page.getByText('Please confirm that it is you.').waitFor();
      await walk.byForm('uma');
      expect((await walk.told()).get('code')).toBeTruthy();
      await walk.page.waitForTimeout(2_100);
      await walk.page.goto(walk.question(walk.a, { max_age: '1' }));
      await walk.page.getByText('Please confirm that it is you.').waitFor();
      await walk.page.goto(walk.question(walk.a, { max_age: '600' }));
      expect((await walk.told()).get('code')).toBeTruthy();
    });

    it('may let people choose among accounts', async () => {
      await walk.page.goto(`${walk.a}/login`);
      await walk.byForm('uma');
      await walk.heading('Hello, Uma');
      await walk.page.goto(walk.question(walk.a, { prompt: 'select_account' }));
      await walk.page.getByText('Choose how to sign in.').waitFor();
    });

    it('may name the walk.person and the usersource', async () => {
      await walk.change('/v1/brands/brand-a', { audiences: { users: { hrd: 'prefill' } } });
      try {
        await walk.page.goto(walk.question(walk.a, { login_hint: 'uma@people.test' }));
        expect(await walk.page.getByLabel('E-mail or username').inputValue()).toBe('uma@people.test');
        walk.company.person = JANE;
        await walk.page.goto(walk.question(walk.a, { idp_hint: 'a-intranet' }));
        expect((await walk.told()).get('code')).toBeTruthy();
        expect(walk.company.asked).toHaveLength(1);
        // A hint opens nothing that is not offered.
        await walk.anew();
        await walk.page.goto(walk.question(walk.a, { idp_hint: 'a-hidden' }));
        await walk.heading('Sign in to Acme portal');
      } finally {
        await walk.change('/v1/brands/brand-a', { audiences: { users: { hrd: 'off' } } });
      }
    });

    it('cannot lead past automatic SSO by a hint', async () => {
      await walk.page.goto(walk.question(walk.b, { idp_hint: 'b-local' }));
      await walk.heading('Company sign-in');
      await walk.page.goto(walk.question(walk.b, { idp_hint: '' }));
      await walk.heading('Company sign-in');
    });
  });
});
