import { bindingHash } from '@passbroker/sign-in';
import { PASSWORD, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(() => world.forget());

const german = { 'accept-language': 'de-AT,de;q=0.9,en;q=0.5' };
const langOf = (html: string): string | undefined => /<html lang="(\w+)"/.exec(html)?.[1];

async function walk(headers: Record<string, string>, uiLocales?: string[]) {
  const browser = world.browser(headers);
  await browser.visit('/signed-out');
  const header = browser.cookies.header({ url: new URL(world.origin), method: 'GET', sameSite: true });
  const binding = /passbroker_browser=([^;]+)/.exec(header)?.[1] ?? '';
  const { id } = await world.open(bindingHash(binding), uiLocales ? { uiLocales } : {});
  return { browser, path: `/sign-in/${id}` };
}

describe('the language of a page', () => {
  it('is what the browser accepts, and the page says so', async () => {
    const page = await world.browser(german).visit('/login');
    expect(page.text).toContain('Passwort vergessen?');
    expect(page.headers['content-language']).toBe('de');
    expect(langOf(page.body)).toBe('de');
    const english = await world.browser().visit('/login');
    expect([english.headers['content-language'], langOf(english.body)]).toEqual(['en', 'en']);
  });

  it('is chosen at the foot of the page, and kept', async () => {
    const browser = world.browser(german);
    await browser.visit('/login?return_to=%2Fagent%2F');
    const page = await browser.click('日本語');
    expect(page.url.href).toBe(`${world.origin}/login?return_to=%2Fagent%2F`);
    expect(page.text).toContain('パスワードをお忘れですか？');
    expect(langOf((await browser.visit('/signed-out')).body)).toBe('ja');
    expect(langOf((await browser.visit('/no/such/page')).body)).toBe('ja');
  });

  it('is what the application asks for, until the person chooses another on its walk', async () => {
    const { browser, path } = await walk(german, ['nl', 'fr-CA', 'es']);
    expect(langOf((await browser.visit(path)).body)).toBe('fr');
    // Pages on the way that do not know of the application.
    expect(langOf((await browser.visit(`/lost-password?return_to=${encodeURIComponent(path)}`)).body)).toBe('fr');
    await browser.visit(path);
    expect(langOf((await browser.click('Español')).body)).toBe('es');
    expect(langOf((await browser.visit(path)).body)).toBe('es');
    const another = await walk(german, ['ja']);
    await another.browser.visit('/login');
    await another.browser.click('Français');
    expect(langOf((await another.browser.visit(another.path)).body)).toBe('ja');
  });

  it('is the brand’s where the browser asks for none that we speak', async () => {
    world.catalog.changeBrand(world.brand.id, { looks: { language: 'es' } });
    try {
      expect(langOf((await world.browser({ 'accept-language': 'nl' }).visit('/login')).body)).toBe('es');
      expect(langOf((await world.browser(german).visit('/login')).body)).toBe('de');
    } finally {
      world.catalog.changeBrand(world.brand.id, { looks: {} });
    }
  });

  it('is that of what went wrong, too', async () => {
    const browser = world.browser(german);
    const page = await browser.visit('/login');
    const [form] = page.forms;
    if (!form) throw new Error('no form');
    const refused = await browser.submit(form, { username: 'ann@acme.test', password: 'wrong' });
    expect(refused.text).toContain('Name und Passwort passen nicht zusammen.');
    // From a page that was posted, the switch leads to the page that can be asked for.
    expect((await browser.click('English')).url.pathname).toBe('/login');
    const lost = await world
      .browser(german)
      .visit('/customer/authentication/multipass/callback?multipass=x&signature=y');
    expect(lost.text).toContain('Dieser Anmeldelink hat nicht funktioniert');
  });

  it('is that of the letters it leads to', async () => {
    const browser = world.browser({ 'accept-language': 'fr' });
    const page = await browser.visit('/lost-password');
    const [form] = page.forms;
    if (!form) throw new Error('no form');
    await browser.submit(form, { username: 'ann@acme.test' });
    const [letter] = await world.mail.to('ann@acme.test');
    expect(letter?.subject).toMatch(/^Un nouveau mot de passe pour/);
    expect(letter?.html).toContain('<html lang="fr" dir="ltr">');
  });

  it('tells dates as its readers do', async () => {
    const browser = world.browser(german);
    const page = await browser.visit('/login');
    const [form] = page.forms;
    if (!form) throw new Error('no form');
    const portal = await browser.submit(form, { username: 'ann@acme.test', password: PASSWORD });
    expect(portal.text).toMatch(/\d{1,2}\. \p{L}+ \d{4} um \d\d:\d\d UTC/u);
  });
});

describe('the switch', () => {
  it('is not on pages that are shown once', async () => {
    const browser = world.browser();
    await browser.visit('/recover');
    const page = await browser.post('/recover/mail', { email: 'x@acme.test' });
    expect(page.body).not.toContain('/language/');
    // Positive control.
    expect((await browser.visit('/recover')).body).toContain('/language/de?return_to=%2Frecover');
  });

  it('leads to pages of this brand only, and speaks only what it knows', async () => {
    for (const elsewhere of ['https://evil.test/', '//evil.test', '/\\evil.test', 'javascript:alert(1)']) {
      const answer = await world.browser().get(`/language/de?return_to=${encodeURIComponent(elsewhere)}`);
      expect(answer.location?.href).toBe(`${world.origin}/`);
    }
    for (const unknown of ['xx', '__proto__', 'constructor', 'de.x']) {
      const answer = await world.browser().get(`/language/${unknown}?return_to=/`);
      expect([answer.status, answer.headers['set-cookie']]).toEqual([404, undefined]);
    }
  });

  it('is not pressed by what a browser fetches ahead', async () => {
    const answer = await world.browser({ 'sec-purpose': 'prefetch' }).get('/language/de?return_to=/');
    expect(String(answer.headers['set-cookie'] ?? '')).not.toContain('passbroker_language');
    const pressed = await world.browser().get('/language/de?return_to=/');
    expect(String(pressed.headers['set-cookie'])).toContain('passbroker_language=de');
  });

  it('believes no cookie but its own words', async () => {
    for (const cookie of ['<b>', 'xx', 'de.a.b', '..', '']) {
      const page = await world.browser({ cookie: `passbroker_language=${cookie}` }).visit('/signed-out');
      expect(langOf(page.body)).toBe('en');
    }
  });
});
