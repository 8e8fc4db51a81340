import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Browser, Page } from './browser.js';
import { FakeClock } from './fake-clock.js';

type Seen = { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; body: string };

let server: Server;
let port: number;
let seen: Seen[];
let answer: (req: IncomingMessage, res: ServerResponse) => void;

const last = (): Seen | undefined => seen.at(-1);
const redirect = (res: ServerResponse, to: string, status = 302) => res.writeHead(status, { location: to }).end();

beforeEach(async () => {
  seen = [];
  server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      seen.push({ method: req.method, url: req.url, headers: req.headers, body: Buffer.concat(chunks).toString() });
      answer(req, res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const browser = (host = 'localhost', clock = new FakeClock()) =>
  new Browser(`http://${host}:${port}`, { now: clock.now });

describe('cookies', () => {
  const cookieAt = async (walker: Browser, url: string) => {
    answer = (_req, res) => res.end();
    await walker.get(url);
    return last()?.headers.cookie;
  };
  const given = async (walker: Browser, ...cookies: string[]) => {
    answer = (_req, res) => res.writeHead(200, { 'set-cookie': cookies }).end();
    await walker.get('/deep/page');
  };

  it('belong to the host, whatever the port, and to no other host', async () => {
    const walker = browser();
    await given(walker, 'a=1; Path=/');
    expect(walker.cookies.value('a', new URL('http://localhost:1/'))).toBe('1');
    expect(await cookieAt(walker, `http://127.0.0.1:${port}/`)).toBeUndefined();
    expect(await cookieAt(walker, `http://sub.localhost:${port}/`)).toBeUndefined();
  });

  it('reach sub-domains only with Domain, which must be our own', async () => {
    const walker = browser('help.acme.test');
    await given(walker, 'own=1; Path=/; Domain=acme.test', 'foreign=1; Path=/; Domain=evil.test');
    expect(await cookieAt(walker, `http://www.acme.test:${port}/`)).toBe('own=1');
  });

  it('are sent below their path, the longer path first', async () => {
    const walker = browser();
    await given(walker, 'root=1; Path=/', 'oidc=1; Path=/oidc', 'own=1');
    expect(await cookieAt(walker, '/oidc/auth')).toBe('oidc=1; root=1');
    expect(await cookieAt(walker, '/oidcish')).toBe('root=1');
    expect(await cookieAt(walker, '/deep/other')).toBe('own=1; root=1');
  });

  it('go when they expire by the clock handed in, or are taken back', async () => {
    const clock = new FakeClock();
    const walker = browser('localhost', clock);
    await given(
      walker,
      'short=1; Path=/; Max-Age=10',
      `long=1; Path=/; Expires=Wed, 02 Jan 2030 00:00:00 GMT`,
      's=1; Path=/',
    );
    clock.advance(10);
    expect(await cookieAt(walker, '/')).toBe('long=1; s=1');
    await given(walker, 's=; Path=/; Max-Age=0');
    clock.set('2030-01-03T00:00:00Z');
    expect(await cookieAt(walker, '/')).toBeUndefined();
  });

  it('are refused when their prefix or Secure promises what is not so', async () => {
    const far = browser('help.acme.test');
    await given(far, 'plain=1; Path=/; Secure');
    expect(far.cookies.names(new URL('https://help.acme.test/'))).toEqual([]);
    const near = browser();
    await given(
      near,
      '__Host-a=1; Path=/',
      '__Host-b=1; Path=/x; Secure',
      '__Host-c=1; Path=/; Secure',
      '__Secure-d=1',
    );
    expect(near.cookies.names(new URL('http://localhost/'))).toEqual(['__Host-c']);
  });

  it('stay home on cross-site posts unless SameSite=None, and Strict ones on cross-site links too', async () => {
    const walker = browser('app.acme.test');
    await given(walker, 'lax=1; Path=/', 'strict=1; Path=/; SameSite=Strict');
    answer = (_req, res) => res.end();
    await walker.get(`http://www.evil.test:${port}/`);
    await walker.post(`http://app.acme.test:${port}/`, { a: 'b' });
    expect(last()?.headers).not.toHaveProperty('cookie');
    await walker.get(`http://www.evil.test:${port}/`);
    await walker.get(`http://app.acme.test:${port}/`, { from: walker.page });
    expect(last()?.headers.cookie).toBe('lax=1');
    await walker.get(`http://app.acme.test:${port}/`);
    expect(last()?.headers.cookie).toBe('lax=1; strict=1');
  });
});

describe('requests', () => {
  it('tell the server where they come from, as browsers do', async () => {
    const walker = browser('app.acme.test');
    answer = (_req, res) => res.end();
    await walker.get('/');
    expect(last()?.headers).toMatchObject({ host: `app.acme.test:${port}`, 'sec-fetch-site': 'none' });
    await walker.post('/', {});
    expect(last()?.headers).toMatchObject({ 'sec-fetch-site': 'same-origin', origin: `http://app.acme.test:${port}` });
    await walker.post(`http://other.acme.test:${port}/`, {});
    expect(last()?.headers['sec-fetch-site']).toBe('same-site');
    await walker.post(`http://www.evil.test:${port}/`, {});
    expect(last()?.headers).toMatchObject({ 'sec-fetch-site': 'cross-site', origin: `http://other.acme.test:${port}` });
  });

  it('post with a null Origin from a page that sends no referrer', async () => {
    const walker = browser();
    answer = (_req, res) => res.writeHead(200, { 'referrer-policy': 'no-referrer' }).end();
    await walker.get('/');
    await walker.post('/', {});
    expect(last()?.headers.origin).toBe('null');
  });

  it('follow redirects one at a time, stop where asked, and give up on circles', async () => {
    const walker = browser();
    answer = (req, res) => (req.url === '/3' ? res.end('there') : redirect(res, `/${Number(req.url?.slice(1)) + 1}`));
    const first = await walker.get('/1');
    expect(first.location?.pathname).toBe('/2');
    expect((await walker.follow()).body).toBe('there');
    const stopped = await walker.visit('/0', { until: ({ pathname }) => pathname === '/2' });
    expect([stopped.url.pathname, stopped.location?.pathname]).toEqual(['/1', '/2']);
    answer = (_req, res) => redirect(res, '/');
    await expect(walker.visit('/')).rejects.toThrow('more than 20 redirects');
  });

  it('become GET after 303 and stay a POST after 307', async () => {
    const walker = browser();
    answer = (req, res) => (req.url === '/end' ? res.end() : redirect(res, '/end', req.url === '/see' ? 303 : 307));
    await walker.follow(await walker.post('/see', { a: '1' }));
    expect(last()).toMatchObject({ method: 'GET', body: '' });
    await walker.follow(await walker.post('/again', { a: '1 2' }));
    expect(last()).toMatchObject({ method: 'POST', body: 'a=1+2' });
  });
});

describe('pages', () => {
  const page = (body: string) => new Page(new URL('http://localhost/dir/page?q=1'), 200, {}, body);

  it('read as text, without markup, scripts or entities', () => {
    const shown = page(
      '<title>A &amp; B</title><p>Hello, <b>Jane</b>!</p><script>x</script><p>&#39;&eacute;&#x41;</p>',
    );
    expect([shown.title, shown.text]).toEqual(['A & B', "A & B Hello, Jane! '&eacute;A"]);
  });

  it('give their forms by label, name or button', () => {
    const shown = page(`<form action="/search"><input name="q"></form>
      <form method="post" action="/sign-in"><input type="hidden" name="t" value="a&amp;b">
        <label for="u">E-mail <span>address</span></label><input id="u" name="username" value="jane">
        <label>Password <input type="password" name="password"></label>
        <label><input type="checkbox" name="remember" checked> Remember</label><input type="checkbox" name="no">
        <select name="s"><option>one<option value="2" selected>two</select><textarea name="n">
line</textarea><input name="off" disabled>
        <button name="go" value="1"><b>Sign</b> in</button><button formaction="/other">Other</button></form>`);
    const form = shown.form('Password', 'Sign in');
    expect(form).toMatchObject({
      method: 'POST',
      fields: { t: 'a&b', username: 'jane', password: '', remember: 'on', s: '2', n: 'line' },
      labels: { 'E-mail address': 'username', Password: 'password', Remember: 'remember' },
    });
    expect(Object.keys(form.fields)).not.toContain('no');
    expect(Object.keys(form.fields)).not.toContain('off');
    expect(form.action.href).toBe('http://localhost/sign-in');
    expect(form.buttons.map(({ text }) => text)).toEqual(['Sign in', 'Other']);
    expect(() => shown.form('Nothing')).toThrow('no form with Nothing');
  });

  it('are walked by what is written on links and buttons', async () => {
    const walker = browser();
    answer = (req, res) => {
      if (req.url === '/') res.end('<a href="/next?a=1&amp;b=2">Sign <b>in</b></a>');
      else if (req.method === 'GET')
        res.end('<form method=post><label for=n>Name</label><input id=n name=name><button>Send</button></form>');
      else redirect(res, '/thanks', 303);
    };
    await walker.get('/');
    const form = (await walker.click('Sign in')).form('Name');
    expect(last()?.url).toBe('/next?a=1&b=2');
    const end = await walker.submit(form, { Name: 'Zoë & co' });
    expect(seen.at(-2)).toMatchObject({ method: 'POST', body: 'name=Zo%C3%AB+%26+co' });
    expect(end.url.pathname).toBe('/thanks');
    await expect(walker.click('Nothing')).rejects.toThrow('nothing says "Nothing"');
  });
});
