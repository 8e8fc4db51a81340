import { createLogger } from '@passbroker/platform';
import { html } from './html.js';
import { startSite, type Site } from './site.js';

describe('html', () => {
  it('escapes everything that is not markup already', () => {
    const name = `<script>alert("x")</script>' & co`;
    expect(html`<p title="${name}">${[html`<b>${1}</b>`, html`<i></i>`]}${undefined}${false}</p>`.markup).toBe(
      '<p title="&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;&#39; &#38; co"><b>1</b><i></i></p>',
    );
  });
});

describe('a demo site', () => {
  let site: Site;
  const lines: string[] = [];

  beforeAll(async () => {
    site = await startSite({
      name: 'test',
      port: 0,
      host: '127.0.0.1',
      log: createLogger('test', 'info', { write: (line) => void lines.push(line) }),
      stylesheet: 'body {}',
      formTargets: [],
      routes: {
        'GET /': () => ({ page: html`<p>home</p>` }),
        'POST /': ({ fields, sameOrigin }) => ({ text: `${fields.get('a')} ${sameOrigin}` }),
        'GET /broken': () => {
          throw new Error('out of coffee');
        },
      },
    });
  });

  afterAll(() => site.close());

  it('guards every answer', async () => {
    for (const path of ['/', '/style.css', '/nowhere', '/broken', '/constructor']) {
      const { headers } = await fetch(site.url + path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('knows its pages, and answers trouble without a stack', async () => {
    const statuses = ['/', '/nowhere', '/broken', '//', '/%zz', '/__proto__'].map(
      async (path) => (await fetch(site.url + path)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 404, 500, 404, 404, 404]);
    expect(await (await fetch(`${site.url}/broken`)).text()).not.toContain('coffee');
    expect(lines.join()).toContain('out of coffee');
  });

  it('reads forms up to a limit and notices who made the browser post', async () => {
    const post = (body: string, headers: Record<string, string> = {}) =>
      fetch(site.url, { method: 'POST', body, headers });
    expect(await (await post('a=1')).text()).toBe('1 true');
    expect(await (await post('a=1', { 'sec-fetch-site': 'cross-site' })).text()).toBe('1 false');
    expect((await post(`a=${'x'.repeat(20_000)}`)).status).toBe(413);
  });
});
