import { describeWith } from '@passbroker/testing';
import type { Browser, Page } from 'playwright-core';
import { agent, helpDeskAt, PASSWORD, type HelpDesk } from './world/applications.js';
import { barriers, focused, focusGiven, launch, somebody, type Person } from './world/chromium.js';
import { place, startStandaloneAt, type Place, type Standalone } from './world/standalone.js';

const JANE = { username: 'jane', password: 'coyote-42', name: 'Jane Doe' };
const ZOE = { username: 'zoe', password: 'anvil-17', name: 'Zoë Müller' };
const DESK_CALLBACK = '/customer/authentication/multipass/callback';

describeWith('chromium', 'in Chromium', () => {
  let at: Place;
  let standalone: Standalone;
  let agentsDesk: HelpDesk;
  let browser: Browser;

  beforeAll(async () => {
    at = await place();
    standalone = await startStandaloneAt(at);
    browser = await launch();
    agentsDesk = await helpDeskAt(standalone, 'agents-desk', 'agents');
    await agent(standalone, 'ann', 'Ann Agent');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await agentsDesk?.close();
    await standalone?.program.stop();
    at?.remove();
  });

  let person: Person;
  let page: Page;
  beforeEach(async () => {
    person = await somebody(browser);
    page = person.page;
  });
  afterEach(async () => {
    await person.context.close();
    expect(person.complaints).toEqual([]);
  });

  const origin = (): string => new URL(page.url()).origin;
  const pressed = (name: string | RegExp) => page.getByRole('button', { name }).click();
  const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();

  async function atIntranet({ username, password }: typeof JANE): Promise<void> {
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('Password').fill(password);
    await pressed('Sign in');
  }
  async function fromHelpDesk(who: typeof JANE): Promise<void> {
    await page.goto(standalone.helpDesk);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await atIntranet(who);
    await heading(`Hello, ${who.name}!`);
  }
  async function byForm(password = PASSWORD): Promise<void> {
    await page.getByLabel('E-mail or username').fill('ann');
    await page.getByLabel('Password').fill(password);
    await pressed('Sign in');
  }

  it('the newcomer comes from the help desk by the intranet and is greeted by name', async () => {
    await fromHelpDesk(JANE);
    expect(page.url()).toBe(`${standalone.helpDesk}/`);
    const claims = page.getByRole('region', { name: 'Claims' });
    expect(await claims.innerText()).toContain('jane.doe@acme.test');
  });

  it('the second visit needs no password', async () => {
    await fromHelpDesk(JANE);
    await person.context.clearCookies({ name: 'helpdesk_session' });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    await page.goto(standalone.helpDesk);
    await heading('How can we help?');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await heading(`Hello, ${JANE.name}!`);
    expect(asked).not.toContain(standalone.intranet);
  });

  it('signing out at the help desk ends the session, and nobody is signed straight in again', async () => {
    await fromHelpDesk(JANE);
    await pressed('Sign out');
    await heading('You are signed out');
    expect(page.url()).toBe(`${standalone.helpDesk}/signed-out`);
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.getByText('You are signed out.').waitFor();
    expect(origin()).toBe(standalone.origin);
    await page.getByRole('link', { name: 'Continue with Acme intranet' }).click();
    await heading(`Hello, ${JANE.name}!`);
  });

  it('signing out at the broker signs out of the help desk too, by the back channel', async () => {
    await fromHelpDesk(JANE);
    await page.goto(standalone.origin);
    await heading(`Hello, ${JANE.name}`);
    await pressed('Sign out');
    await heading('You are signed out');
    expect(origin()).toBe(standalone.origin);
    await page.goto(standalone.helpDesk);
    await heading('How can we help?');
  });

  it('who asks to sign out may stay', async () => {
    await fromHelpDesk(JANE);
    await page.goto(`${standalone.origin}/logout`);
    await pressed('Stay signed in');
    await heading(`Hello, ${JANE.name}`);
  });

  it('an agent signs in by the form, after a mistake', async () => {
    await page.goto(`${standalone.origin}/agent/`);
    await byForm('not the password at all');
    await page.getByRole('alert').getByText('do not match').waitFor();
    expect(await page.getByLabel('E-mail or username').inputValue()).toBe('ann');
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    await byForm();
    await heading('Hello, Ann Agent');
    expect(page.url()).toBe(`${standalone.origin}/agent/`);
  });

  it('the first admin signs in with the generated password', async () => {
    await page.goto(`${standalone.origin}/admin/`);
    await page.getByLabel('E-mail or username').fill('admin@example.com');
    await page.getByLabel('Password').fill(standalone.adminPassword);
    await pressed('Sign in');
    await heading('Hello, Administrator');
  });

  describe('a sign-in posted to the broker', () => {
    it('ends at an application on another origin', async () => {
      await page.goto(agentsDesk.url);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.getByText('to continue to Acme help desk').waitFor();
      await byForm();
      await heading('Hello, Ann Agent!');
      expect(origin()).toBe(agentsDesk.url);
    });

    it('ends there because its page names that origin, and no other', async () => {
      let policy = '';
      await page.route(`${standalone.origin}/sign-in/*`, async (route) => {
        const answer = await route.fetch();
        policy = answer.headers()['content-security-policy'] ?? '';
        const headers = {
          ...answer.headers(),
          'content-security-policy': policy.replace(/form-action [^;]*/, "form-action 'self'"),
        };
        await route.fulfill({ response: answer, headers });
      });
      await page.goto(`${agentsDesk.url}/sign-in`);
      await page.reload();
      const [, targets] = /form-action ([^;]*)/.exec(policy) ?? [];
      expect(targets?.split(' ').sort()).toEqual(["'self'", agentsDesk.url].sort());
      await page.unroute(`${standalone.origin}/sign-in/*`);
      // Positive control: this browser does hold redirects after a post to the policy.
      await byForm();
      for (let left = 100; person.complaints.length === 0 && left > 0; left -= 1) await page.waitForTimeout(50);
      expect(person.complaints.splice(0).join()).toContain("form-action 'self'");
      expect(origin()).toBe(standalone.origin);
    });
  });

  it('the keyboard alone is enough', async () => {
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 8; presses += 1) {
        await page.keyboard.press('Tab');
        const on = await focused(page);
        expect(on.visible).toBe(true);
        if (on.name === name) return;
      }
      throw new Error(`Tab does not lead to ${name}`);
    };
    await page.goto(agentsDesk.url);
    await tabTo('Sign in');
    await page.keyboard.press('Enter');
    await heading('Agent sign-in');
    await focusGiven(page);
    // The first field has the focus already; then one Tab each, in the order of reading.
    expect(await focused(page)).toEqual({ name: 'E-mail or username', visible: true });
    await page.keyboard.type('ann');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toEqual({ name: 'Password', visible: true });
    await page.keyboard.type('wrong');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toEqual({ name: 'Sign in', visible: true });
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('do not match').waitFor();
    await focusGiven(page);
    // The name is there still: the focus is where the mistake was.
    expect(await focused(page)).toEqual({ name: 'Password', visible: true });
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await heading('Hello, Ann Agent!');
    await page.goto(`${standalone.origin}/logout`);
    await tabTo('Sign out');
    await page.keyboard.press('Enter');
    await heading('You are signed out');
  });

  it('no page needs a script', async () => {
    await person.context.close();
    person = await somebody(browser, { javaScriptEnabled: false });
    page = person.page;
    await fromHelpDesk(ZOE);
    await page.goto(`${standalone.origin}/logout`);
    await pressed('Sign out');
    await heading('You are signed out');
    await page.goto(`${agentsDesk.url}/sign-in`);
    await byForm();
    await heading('Hello, Ann Agent!');
  });

  describe('a double click', () => {
    const signedInAtIntranet = async () => {
      await page.goto(standalone.intranet);
      await atIntranet(JANE);
      await heading(`Good day, ${JANE.name}`);
    };

    it('on the intranet’s link at first contact opens the portal', async () => {
      await signedInAtIntranet();
      await page.getByRole('link', { name: 'Open the support portal' }).dblclick();
      await heading(`Hello, ${JANE.name}`);
      expect(page.url()).toBe(`${standalone.origin}/`);
    });

    it('opens the same Multipass twice at once, and both tabs are signed in', async () => {
      await signedInAtIntranet();
      await page.goto(`${standalone.origin}/login?sso=off`);
      const held = await person.context.request.get(`${standalone.intranet}/multipass`, { maxRedirects: 0 });
      const url = held.headers()['location'] ?? '';
      expect(new URL(url).pathname).toBe(DESK_CALLBACK);
      const other = await person.another();
      await Promise.all([page.goto(url), other.goto(url)]);
      for (const tab of [page, other]) {
        await tab.getByRole('heading', { level: 1, name: `Hello, ${JANE.name}` }).waitFor();
      }
      await page.reload();
      await heading(`Hello, ${JANE.name}`);
      // Positive control: in anybody else's browser it has been used.
      const stranger = await somebody(browser);
      await stranger.page.goto(url);
      await stranger.page.getByRole('heading', { level: 1, name: 'This sign-in link did not work' }).waitFor();
      await stranger.context.close();
    });

    it('on the button of a sign-in form signs in once', async () => {
      await page.goto(`${agentsDesk.url}/sign-in`);
      await page.getByLabel('E-mail or username').fill('ann');
      await page.getByLabel('Password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).dblclick();
      await heading('Hello, Ann Agent!');
    });
  });

  describe.each([360, 1_280])('%s pixels wide,', (width) => {
    it.each(['light', 'dark'] as const)(
      'no page has a barrier, in %s colours',
      async (colorScheme) => {
        await person.context.close();
        person = await somebody(browser, { colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce' });
        page = person.page;
        const found: Record<string, string[]> = {};
        const look = async (name: string) => {
          const problems = await barriers(page);
          if (problems.length > 0) found[name] = problems;
        };
        const { origin: broker, helpDesk, intranet } = standalone;

        await page.goto(helpDesk);
        await look('help desk');
        await page.getByRole('link', { name: 'Sign in' }).click();
        await page.getByLabel('User name').waitFor();
        await look('intranet: sign in');
        await atIntranet({ ...JANE, password: 'wrong' });
        await page.getByRole('alert').waitFor();
        await look('intranet: refused');
        await atIntranet(JANE);
        await heading(`Hello, ${JANE.name}!`);
        await look('help desk: signed in');
        await page.goto(intranet);
        await look('intranet');
        await page.goto(broker);
        await heading(`Hello, ${JANE.name}`);
        await look('portal');

        const zoe = await somebody(browser);
        await zoe.page.goto(intranet);
        await zoe.page.getByLabel('User name').fill(ZOE.username);
        await zoe.page.getByLabel('Password').fill(ZOE.password);
        await zoe.page.getByRole('button', { name: 'Sign in' }).click();
        await zoe.page.getByRole('heading', { level: 1, name: ZOE.name }).waitFor();
        const sent = await zoe.context.request.get(`${intranet}/multipass`, { maxRedirects: 0 });
        const held = sent.headers()['location'] ?? '';
        await zoe.context.close();
        expect(held).toContain(DESK_CALLBACK);
        await page.goto(held);
        await heading(`You are signed in as ${JANE.name}`);
        await look('another account?');
        await page.getByRole('button', { name: `Stay signed in as ${JANE.name}` }).click();
        await heading(`Hello, ${JANE.name}`);

        await page.goto(`${broker}/logout`);
        await look('sign out');
        await pressed('Sign out');
        await heading('You are signed out');
        await look('signed out');
        await page.goto(`${helpDesk}/sign-in`);
        await look('sign in: a way to choose');
        await page.goto(`${broker}/login?sso=off`);
        await look('sign in: form and buttons');
        await page.goto(`${broker}/agent/`);
        await look('agent sign-in');
        await byForm('wrong');
        await page.getByRole('alert').getByText('do not match').waitFor();
        await look('agent sign-in: refused');
        await byForm();
        await heading('Hello, Ann Agent');
        await look('agent');
        await page.goto(`${broker}${DESK_CALLBACK}?multipass=x&signature=y`);
        await look('a link that does not work');
        await page.goto(`${broker}/nothing/here`);
        await look('nothing here');
        await page.goto(`${broker}/oidc/auth?client_id=nobody&response_type=code&scope=openid`);
        await look('unknown application');
        await page.goto(`${helpDesk}/callback?error=access_denied&state=x`);
        await look('help desk: problem');
        await page.goto(`${helpDesk}/signed-out`);
        await look('help desk: signed out');
        expect(found).toEqual({});
      },
      90_000,
    );
  });

  it('barriers are found where there are some', async () => {
    await page.setContent('<p style="color:#999;background:#aaa">Grey</p><input><img src="data:,">');
    const found = (await barriers(page)).map((barrier) => barrier.split(':')[0]);
    expect(found).toEqual(expect.arrayContaining(['color-contrast', 'label', 'image-alt']));
  });

  it('the reference of the admin API has no barrier and no complaint', async () => {
    await page.goto(`${standalone.admin}/docs`);
    await page.getByRole('heading').first().waitFor();
    expect(await barriers(page)).toEqual([]);
  });
});
