import { randomBytes } from 'node:crypto';
import { bindingHash } from '@passbroker/sign-in';
import { startWorld, PASSWORD, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  world.catalog.changeAccount('acc_root', { emails: [{ value: 'root@acme.test', verified: true }] });
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.forget();
  world.lines.length = 0;
  world.recoveryLinks.links.clear();
});

/** What the command on the host leaves. */
function link(account = 'acc_root', seconds = 300): string {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(world.clock.now().getTime() + seconds * 1_000);
  world.recoveryLinks.links.set(token, { account, expiresAt });
  return token;
}

async function recover(token: string, browser = world.browser()) {
  const page = await browser.visit('/recover');
  const [form] = page.forms;
  if (!form) throw new Error('no form');
  return { browser, page: await browser.submit(form, { token }) };
}

const sessionsLeft = () => world.redis.keys('recovery:*');

describe('a recovery link', () => {
  it('opens the admin pages, pasted whole, with Redis empty and every usersource off', async () => {
    const off = ['us_local-agents', 'us_local-users', 'us_intranet'];
    for (const id of off) world.catalog.changeUsersource(id, { enabled: false });
    const { page } = await recover(`${world.origin}/recover#${link()}`);
    expect([page.status, page.url.pathname]).toEqual([200, '/admin/']);
    expect(page.text).toContain('Hello, Root');
    expect(page.text).toContain('Recovery link');
    for (const id of off) world.catalog.changeUsersource(id, { enabled: true });
  });

  it('opens nothing else: no other surface, no account page, no application', async () => {
    const { browser } = await recover(link());
    expect((await browser.visit('/admin/')).text).toContain('Hello, Root');
    for (const path of ['/', '/agent/', '/account', '/change-password', '/second-factor']) {
      const page = await browser.visit(path);
      expect([path, page.text.includes('Hello, Root')]).toEqual([path, false]);
      expect([path, page.text.includes('Your account')]).toEqual([path, false]);
    }
    const binding = browser.cookies.value('passbroker_browser', new URL(world.origin)) ?? '';
    const transaction = await world.open(bindingHash(binding), {}, { audience: 'agents' });
    const page = await browser.visit(`/sign-in/${transaction.id}`);
    expect([page.status, page.forms.length > 0]).toEqual([200, true]);
  });

  it('opens them for fifteen minutes', async () => {
    const { browser } = await recover(link());
    world.clock.advance(899);
    expect((await browser.visit('/admin/')).text).toContain('Hello, Root');
    world.clock.advance(1);
    expect((await browser.visit('/admin/')).text).not.toContain('Hello, Root');
  });

  it('ends with the sign-out, and with the right to be an admin', async () => {
    const { browser } = await recover(link());
    world.catalog.changeAccount('acc_root', { disabled: true });
    expect((await browser.visit('/admin/')).text).not.toContain('Hello, Root');
    world.catalog.changeAccount('acc_root', { disabled: false });
    await browser.visit('/admin/');
    await browser.click('Sign out', { until: (url) => url.pathname.startsWith('/oidc/') });
    expect(await sessionsLeft()).toEqual([]);
    expect((await browser.visit('/admin/')).text).not.toContain('Hello, Root');
  });

  it('takes the place of the session that was there', async () => {
    const browser = world.browser();
    const [form] = (await browser.visit('/agent/login')).forms;
    if (!form) throw new Error('no form');
    await browser.submit(form, { username: 'gus', password: PASSWORD });
    expect((await browser.visit('/admin/')).status).toBe(403);
    const { page } = await recover(link(), browser);
    expect(page.text).toContain('Hello, Root');
    expect(await world.sessions()).toEqual([]);
  });

  it('is loud: an audit event, a warning, and a letter to every admin', async () => {
    const token = link();
    await recover(token);
    expect(world.events.map(({ action }) => action)).toContain('recovery.used');
    expect(world.lines.some((line) => line.includes('"warn"') && line.includes('recovery link'))).toBe(true);
    const [letter] = await world.mail.to('root@acme.test');
    expect(letter?.subject).toContain('recovery link');
    expect(world.lines.join('\n') + JSON.stringify([world.events, letter])).not.toContain(token);
  });
});

describe('what is not a recovery link looks like a page that is not there', () => {
  const shown = async (token: string) => (await recover(token)).page;

  it('whatever is wrong with it', async () => {
    const missing = await world.browser().visit('/no-such-page');
    const used = link();
    await recover(used);
    const late = link('acc_root', 300);
    world.clock.advance(300);
    world.catalog.addAccount('acc_off', { audience: 'agents', admin: true, disabled: true });
    const wrong = {
      unknown: randomBytes(32).toString('base64url'),
      used,
      late,
      'no token': 'x',
      'an agent’s': link('acc_gus'),
      'a user’s': link('acc_ann'),
      'a disabled admin’s': link('acc_off'),
      'nobody’s': link('acc_gone'),
    };
    for (const [what, token] of Object.entries(wrong)) {
      await world.redis.flushall();
      const page = await shown(token);
      expect([what, page.status, page.text]).toEqual([what, 404, missing.text]);
    }
    expect(await sessionsLeft()).toEqual([]);
    expect(world.lines.filter((line) => line.includes('a recovery link was refused'))).toHaveLength(8);
  });

  it('posted from another site, or without the cookie of the browser; the link is not used up by it', async () => {
    const token = link();
    const body = new URLSearchParams({ token });
    const site = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    const cookie = `passbroker_browser=${'b'.repeat(43)}`;
    const foreign: Record<string, string>[] = [
      { cookie, ...site },
      { 'sec-fetch-site': 'same-origin' },
      { cookie, origin: 'https://evil.test' },
    ];
    for (const headers of foreign) {
      const answer = await fetch(`${world.origin}/recover`, { method: 'POST', body, headers, redirect: 'manual' });
      expect(answer.status).toBe(404);
    }
    expect((await recover(token)).page.text).toContain('Hello, Root');
  });

  it('in the query, where logs would have it', async () => {
    const token = link();
    const browser = world.browser();
    const page = await browser.visit(`/recover?token=${token}`);
    expect(page.url.pathname).toBe('/recover');
    expect((await browser.visit('/admin/')).text).not.toContain('Hello, Root');
    expect(world.lines.join('\n')).not.toContain(token);
  });

  it('after ten tries from one address, and not for anybody else', async () => {
    for (let tries = 0; tries < 10; tries += 1) expect((await shown('x')).status).toBe(404);
    const token = link();
    expect((await shown(token)).status).toBe(404);
    expect(world.recoveryLinks.links.has(token)).toBe(true);
    await world.redis.flushall();
    expect((await shown(token)).text).toContain('Hello, Root');
  });

  it('for all but one of ten at once over two gateways', async () => {
    const token = link();
    const headers = { cookie: `passbroker_browser=${'b'.repeat(43)}`, 'sec-fetch-site': 'same-origin' };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        fetch(`${at % 2 ? world.origin : world.other}/recover`, {
          ...{ method: 'POST', body: new URLSearchParams({ token }), headers, redirect: 'manual' },
        }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array.from({ length: 9 }, () => 404)]);
  });
});

describe('the page', () => {
  it('reads the fragment with a script of its own, and nothing else may run', async () => {
    const page = await world.browser().visit('/recover');
    const policy = page.headers['content-security-policy'];
    expect(policy).toContain("script-src 'self'");
    const source = /<script src="(\/assets\/recovery-[0-9a-f]{12}\.js)" defer>/.exec(page.body)?.[1] ?? '';
    const script = await fetch(world.origin + source);
    expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect(page.body).not.toMatch(/<script(?! src)/);
  });
});

describe('an admin who comes in', () => {
  const signIn = async (username: string, path = '/admin/') => {
    const browser = world.browser();
    const [form] = (await browser.visit(path)).forms;
    if (!form) throw new Error('no form');
    return { browser, page: await browser.submit(form, { username, password: PASSWORD }) };
  };

  it('confirms what was changed about the way in; others, and old sessions, do not', async () => {
    const { browser } = await signIn('root');
    expect(new Set(world.confirmed)).toEqual(new Set(['local-agents']));
    world.confirmed.length = 0;
    world.clock.advance(601);
    expect((await browser.visit('/admin/')).text).toContain('Hello, Root');
    await signIn('gus', '/agent/');
    await recover(link());
    expect(world.confirmed).toEqual([]);
  });

  it('but for the second factor is not in yet', async () => {
    const { agents, users } = world.brand.audiences;
    world.catalog.changeBrand(world.brand.id, { audiences: { users, agents: { ...agents, mfa: 'required' } } });
    const { page } = await signIn('root');
    expect([page.url.pathname.startsWith('/second-factor'), world.confirmed]).toEqual([true, []]);
    world.catalog.changeBrand(world.brand.id, { audiences: world.brand.audiences });
  });
});

describe('a mailed recovery link', () => {
  const ROOT = 'root@acme.test';
  const switched = (mailLink: 'off' | 'admins') =>
    world.catalog.changeBrand(world.brand.id, { recovery: { mailLink } });
  beforeEach(() => switched('admins'));
  afterAll(() => switched('off'));

  const ask = async (email: string, browser = world.browser()) => {
    const page = await browser.visit('/recover');
    return { browser, page: await browser.submit(page.form('Mail me a link'), { email }) };
  };
  const tokenIn = async (): Promise<string> => (await world.mail.linkTo(ROOT)).hash.slice(1);

  it('opens the admin pages once, for five minutes, and is hashed at rest', async () => {
    await ask('Root@acme.test');
    const token = await tokenIn();
    expect((await world.redis.keys('*')).join()).not.toContain(token);
    expect((await recover(token)).page.text).toContain('Hello, Root');
    expect((await recover(token)).page.status).toBe(404);
    world.mail.letters.length = 0;
    await ask(ROOT);
    const late = await tokenIn();
    world.clock.advance(300);
    expect((await recover(late)).page.status).toBe(404);
    expect(world.lines.join('\n')).not.toContain(token);
  });

  it('is mailed to nobody but admins who can be told by it; everybody reads the same', async () => {
    const { page } = await ask(ROOT);
    await tokenIn();
    world.mail.letters.length = 0;
    world.catalog.addAccount('acc_hush', {
      ...{ audience: 'agents', admin: true, emails: [{ value: 'hush@acme.test', verified: false }] },
    });
    for (const email of [
      'ann@acme.test',
      'nobody@acme.test',
      'hush@acme.test',
      'no address',
      `${ROOT}\r\nBcc: x@y.z`,
    ]) {
      expect([email, (await ask(email)).page.text]).toEqual([email, page.text]);
    }
    expect(await world.mail.nothing()).toBe(0);
  });

  it('is offered, mailed and taken only where it is switched on', async () => {
    const { browser } = await ask(ROOT);
    const token = await tokenIn();
    switched('off');
    expect((await browser.visit('/recover')).body).not.toContain('Mail me a link');
    const fields = browser.page?.forms[0]?.fields ?? {};
    expect((await browser.post('/recover/mail', { ...fields, email: ROOT })).status).toBe(404);
    expect((await recover(token)).page.status).toBe(404);
    switched('admins');
    const { page } = await ask(ROOT);
    expect([page.status, (await world.mail.to(ROOT, 2)).length]).toEqual([200, 2]);
  });

  it('is no flood', async () => {
    for (let tries = 0; tries < 6; tries += 1) await ask(ROOT);
    await world.mail.to(ROOT, 3);
    expect(await world.mail.nothing()).toBe(3);
  });
});
