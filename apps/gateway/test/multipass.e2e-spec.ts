import { jest } from '@jest/globals';
import { Refusal } from '@passbroker/model';
import { writeMultipass } from '@passbroker/multipass';
import { VECTORS } from '../../../libs/multipass/test/vectors.js';
import { KEYS, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.forget();
  world.clock.set('2030-01-01T00:00:00Z');
});

const JANE = { uid: 'u-1001', email: 'jane@example.com', name: 'Jane' };
const token = (claims: Partial<Parameters<typeof writeMultipass>[1]> = {}) =>
  writeMultipass('desk', { ...JANE, ...claims }, KEYS, world.clock.now());
const sessionOf = (page: { headers: { 'set-cookie'?: string[] } }) =>
  page.headers['set-cookie']?.find((line) => line.startsWith('passbroker_session=') && !line.includes('Max-Age=0'));

/** One usersource per pair of keys, so that no vector meets another's key. */
const slugs = new Map<string, string>();
async function slugFor(siteKey: string, apiKey: string, unsigned: boolean): Promise<string> {
  const name = `${siteKey} ${apiKey} ${unsigned}`;
  const known = slugs.get(name);
  if (known) return known;
  const slug = `v${slugs.size}`;
  slugs.set(name, slug);
  await world.catalog.addMultipass(
    world.brand,
    slug,
    world.identity,
    { siteKey, apiKey, acceptUnsigned: unsigned },
    {
      jit: { create: 'on', grant: [] },
      linking: { mode: 'auto_verified', authoritativeDomains: ['example.com'] },
      display: 'hidden',
    },
  );
  return slug;
}

describe('every shared Multipass vector through the callback', () => {
  it.each(VECTORS.desk.map((vector) => [vector.id, vector] as const))('%s', async (_id, vector) => {
    world.clock.set(vector.now.toISOString());
    const browser = world.browser();
    const slug = await slugFor(vector.siteKey, vector.apiKey, false);
    const page = await browser.get(`/sso/${slug}/multipass?${vector.query}`);
    if ('claims' in vector.expect) {
      const { claims } = vector.expect;
      expect([page.status, world.refusals()]).toEqual([303, []]);
      const link = await world.catalog.link(`us_${slug}`, claims.uid);
      const account = await world.catalog.byId(link?.account ?? '');
      expect(account?.attributes).toMatchObject(claims.custom);
      expect(await world.sessions()).toHaveLength(1);
    } else {
      // The reason is the admin's; the visitor gets one sentence whatever it was, and nobody is signed in.
      expect([page.status, world.refusals()]).toEqual([403, [vector.expect.refusal]]);
      expect(page.text).toContain('This sign-in link did not work');
      expect(page.text).not.toMatch(/signature|decrypt|expired|invalid/i);
      expect([sessionOf(page), await world.sessions()]).toEqual([undefined, []]);
    }
  });

  const unsigned = VECTORS.desk.filter(({ expect }) => 'refusal' in expect && expect.claimsIfUnsignedAllowed);
  it.each(unsigned.map((vector) => [vector.id, vector] as const))(
    '%s, where unsigned is allowed',
    async (_id, vector) => {
      world.clock.set(vector.now.toISOString());
      const slug = await slugFor(vector.siteKey, vector.apiKey, true);
      expect((await world.browser().get(`/sso/${slug}/multipass?${vector.query}`)).status).toBe(303);
    },
  );
});

describe('a company’s login page', () => {
  it('gets people who press its button, and brings them back signed in', async () => {
    const browser = world.browser();
    await browser.visit('/login');
    await browser.click('Continue with Acme intranet', { until: (url) => url.host === 'www.acme.test' });
    expect(browser.page?.location?.href).toBe('https://www.acme.test/login');
    await browser.visit(`${world.origin}/customer/authentication/multipass/callback?${token()}`);
    expect(browser.page?.text).toContain('Hello, Jane');
    expect(world.catalog.proven).toContain('us_intranet');
  });

  it('updates the profile by what the token says, and writes nothing when nothing changed', async () => {
    const first = token({ uid: 'u-2', email: 'old@example.com', name: 'Old', custom: { plan: 'silver' } });
    await world.browser().visit(`/sso/intranet/multipass?${first}`);
    world.catalog.writes.length = 0;
    world.clock.advance(1);
    const same = token({ uid: 'u-2', email: 'old@example.com', name: 'Old', custom: { plan: 'silver' } });
    await world.browser().visit(`/sso/intranet/multipass?${same}`);
    expect(world.catalog.writes).toEqual([]);
    const next = token({ uid: 'u-2', email: 'new@example.com', name: 'New', custom: { plan: 'gold' } });
    await world.browser().visit(`/sso/intranet/multipass?${next}`);
    const account = await world.catalog.byEmail('new@example.com');
    expect(account).toMatchObject({ name: 'New', attributes: { plan: 'gold' } });
    expect(account?.emails[0]?.verified).toBe(false);
  });

  it('cannot take over an account by its e-mail address', async () => {
    // A new uid with a known address: the owner must prove it. A known uid: the address stays with its owner.
    const stranger = await world
      .browser()
      .get(`/sso/intranet/multipass?${token({ uid: 'x', email: 'ann@acme.test' })}`);
    expect([stranger.status, world.refusals()]).toEqual([403, ['link.prove']]);
    await world.browser().get(`/sso/intranet/multipass?${token({ uid: 'y', email: 'y@example.com' })}`);
    const known = token({ uid: 'y', email: 'ANN@acme.test' });
    expect((await world.browser().get(`/sso/intranet/multipass?${known}`)).status).toBe(303);
    expect((await world.catalog.byId('acc_ann'))?.emails).toEqual([{ value: 'ann@acme.test', verified: true }]);
  });

  it('sends people on to listed addresses only', async () => {
    await world.catalog.addMultipass(
      world.brand,
      'listed',
      world.identity,
      {
        ...KEYS,
        returnUrls: ['https://help.acme.test/*'],
      },
      { display: 'hidden' },
    );
    const to = async (address: string) => {
      const page = await world
        .browser()
        .get(
          `/sso/listed/multipass?${token({ uid: address, email: `${encodeURIComponent(address)}@example.com`, to: address })}`,
        );
      return page.location?.href;
    };
    expect(await to('https://help.acme.test/tickets')).toBe('https://help.acme.test/tickets');
    expect(await to('https://evil.test/')).toBe(`${world.origin}/`);
  });

  it('may post as well, and is answered by a redirect to the same door', async () => {
    const browser = world.browser();
    const page = await browser.post('/sso/intranet/multipass', token({ uid: 'poster', email: 'poster@example.com' }));
    expect(page.status).toBe(303);
    expect((await browser.follow()).text).toContain('Hello, Jane');
  });

  it('is not used up by a link checker', async () => {
    const query = token({ uid: 'checked', email: 'checked@example.com' });
    const head = await fetch(`${world.origin}/sso/intranet/multipass?${query}`, { method: 'HEAD' });
    expect([head.status, await world.sessions()]).toEqual([400, []]);
    expect((await world.browser().get(`/sso/intranet/multipass?${query}`)).status).toBe(303);
  });

  it('does not silently replace somebody who is signed in', async () => {
    const browser = world.browser();
    await browser.visit(`/sso/intranet/multipass?${token()}`);
    const attacker = token({ uid: 'mallory', email: 'mallory@example.com', name: 'Mallory' });
    await browser.visit(`/sso/intranet/multipass?${attacker}`);
    expect(browser.page?.text).toContain('You are signed in as Jane');
    await browser.click('Stay signed in as Jane');
    expect(browser.page?.text).toContain('Hello, Jane');
    world.clock.advance(1);
    const again = token({ uid: 'mallory', email: 'mallory@example.com', name: 'Mallory' });
    await browser.visit(`/sso/intranet/multipass?${again}`);
    await browser.click('Continue as Mallory');
    expect(browser.page?.text).toContain('Hello, Mallory');
    expect(await world.sessions()).toHaveLength(1);
  });

  it('is refused the moment it is switched off, and so are the sessions it made', async () => {
    const browser = world.browser();
    await browser.visit(`/sso/intranet/multipass?${token()}`);
    world.catalog.changeUsersource('us_intranet', { enabled: false });
    expect((await browser.visit('/')).text).not.toContain('Hello');
    world.clock.advance(1);
    const page = await world.browser().get(`/sso/intranet/multipass?${token()}`);
    expect([page.status, world.refusals()]).toEqual([403, ['usersource.disabled']]);
    world.catalog.changeUsersource('us_intranet', { enabled: true });
  });
});

describe('a token', () => {
  it('signs in once: of 100 parallel uses at two gateways exactly one, twenty times over', async () => {
    for (let round = 0; round < 20; round += 1) {
      await world.forget();
      const query = token({ uid: `r-${round}`, email: `r-${round}@example.com` });
      const uses = Array.from({ length: 100 }, (_, use) =>
        fetch(`${use % 2 ? world.origin : world.other}/sso/intranet/multipass?${query}`, { redirect: 'manual' }),
      );
      const answers = (await Promise.all(uses)).map((answer) => answer.status);
      expect(answers.filter((status) => status === 303)).toHaveLength(1);
      expect(answers.filter((status) => status === 403)).toHaveLength(99);
      expect(await world.sessions()).toHaveLength(1);
      expect(world.refusals()).toEqual(Array.from({ length: 99 }, () => 'replayed'));
    }
  }, 120_000);

  it('is not used up by an outage of ours', async () => {
    const browser = world.browser();
    const link = `/sso/intranet/multipass?${token()}`;
    const away = jest.spyOn(world.catalog, 'byLink').mockRejectedValueOnce(new Refusal('service.unavailable', 'away'));
    const first = await browser.get(link);
    expect(away).toHaveBeenCalled();
    expect(first.status).toBe(503);
    expect(sessionOf(first)).toBeUndefined();
    expect(sessionOf(await browser.get(link))).toBeDefined();
    expect((await world.browser().get(link)).status).toBe(403);
  });

  it('is the same token however it is encoded', async () => {
    const query = token({ uid: 'enc', email: 'enc@example.com' });
    expect((await world.browser().get(`/sso/intranet/multipass?${query}`)).status).toBe(303);
    const other = query.replaceAll('%2B', '%2b').replaceAll('%3D', '=');
    expect((await world.browser().get(`/sso/intranet/multipass?${other}`)).status).toBe(403);
  });

  it('is taken kindly when one browser clicks twice, and shown to no other', async () => {
    const browser = world.browser();
    await browser.visit('/login');
    const query = token({ uid: 'dbl', email: 'dbl@example.com' });
    const address = `${world.origin}/sso/intranet/multipass?${query}`;
    const clicks = await Promise.all([browser.get(address), browser.get(address)]);
    expect(clicks.map((page) => page.status)).toEqual([303, 303]);
    expect(sessionOf(clicks[0])).toEqual(sessionOf(clicks[1]));
    expect(await world.sessions()).toHaveLength(1);
    expect((await browser.visit(`${world.origin}/`)).text).toContain('Hello, Jane');
    const thief = world.browser();
    await thief.visit('/login');
    expect((await thief.get(address)).status).toBe(403);
  });

  it('keeps its own tab’s application when two tabs are on their way', async () => {
    const browser = world.browser();
    await browser.visit('/login');
    const binding = await bindingOf(browser);
    const first = await world.open(binding, {}, { returnTo: '/oidc/auth/first' });
    const second = await world.open(binding, {}, { returnTo: '/oidc/auth/second' });
    const away = { until: (url: URL) => url.host === 'www.acme.test' };
    await browser.visit(`${world.origin}/sso/start/intranet?transaction=${first.id}`, away);
    await browser.visit(`${world.origin}/sso/start/intranet?transaction=${second.id}`, away);
    const paths: (string | undefined)[] = [];
    for (let tab = 0; tab < 2; tab += 1) {
      world.clock.advance(1);
      const page = await browser.get(`${world.origin}/sso/intranet/multipass?${token()}`);
      paths.push(page.location?.pathname);
    }
    expect(paths).toEqual(['/oidc/auth/second', '/oidc/auth/first']);
  });
});

async function bindingOf(browser: ReturnType<World['browser']>): Promise<string> {
  const { bindingHash } = await import('@passbroker/sign-in');
  const header = browser.cookies.header({ url: new URL(world.origin), method: 'GET', sameSite: true });
  return bindingHash(/passbroker_browser=([^;]+)/.exec(header)?.[1] ?? '');
}
