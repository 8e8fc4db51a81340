import { createServer, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import { listen } from '@passbroker/platform';
import { describeWith, startPeoplePostgres, type PeopleServer } from '@passbroker/testing';
import { fillPeoplesoft } from '../../../libs/usersources/test/peoplesoft-tables.js';
import { issueToken, written } from '../../../libs/usersources/test/ps-token.js';
import { startBroker, type Broker } from './world/broker.js';

const NODE_PASSWORD = 'glib-otter-vexes-9-quiet-lanterns';
const SERVICE_PASSWORD = 'canary-service-password-of-peoplesoft';

/**
 * A PeopleSoft as far as we meet it: a page that renews the cookie and sends people back, and Query Access Services, which
 * know the tokens that were issued here and no others.
 */
async function startPeoplesoft() {
  const peoplesoft = {
    origin: '',
    userId: 'JANE' as string | undefined,
    issued: () => new Date(),
    password: NODE_PASSWORD,
    cookies: 1,
    known: new Map<string, string>(),
    asked: 0,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://peoplesoft.test');
    if (request.method === 'POST') {
      peoplesoft.asked += 1;
      let body = '';
      request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      return void request.on('end', () => {
        const user = peoplesoft.known.get(/<PSTOKEN>([^<]+)</.exec(body)?.[1] ?? '');
        const ours = body.includes(`>${SERVICE_PASSWORD}<`);
        if (!ours || user === undefined) return void response.writeHead(500).end('<fault/>');
        response
          .writeHead(200, { 'content-type': 'text/xml' })
          .end(
            `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><q:QAS_AUTHTOKEN_RESP_MSG xmlns:q="http://xmlns.oracle.com/Enterprise/Tools/schemas/QAS_AUTHTOKEN_RESP_MSG.VERSION_1"><LoginUser>${user}</LoginUser></q:QAS_AUTHTOKEN_RESP_MSG></e:Body></e:Envelope>`,
          );
      });
    }
    const { userId, issued, password } = peoplesoft;
    const cookies: string[] = [];
    if (userId !== undefined) {
      const token = issueToken({ userId, node: 'PSFT_HR', issued: written(issued()), password });
      peoplesoft.known.set(token, userId);
      cookies.push(`PS_TOKEN=${token}; Path=/`);
      if (peoplesoft.cookies === 2) cookies.push(`PS_TOKEN=${token}; Path=/sso`);
    }
    response.writeHead(302, { location: url.searchParams.get('to') ?? '/', 'set-cookie': cookies }).end();
  });
  peoplesoft.origin = `http://localhost:${await listen(server, 0, '127.0.0.1')}`;
  return peoplesoft;
}

describe('people whom PeopleSoft has signed in', () => {
  let broker: Broker;
  let peoplesoft: Awaited<ReturnType<typeof startPeoplesoft>>;

  beforeAll(async () => {
    [broker, peoplesoft] = await Promise.all([startBroker(), startPeoplesoft()]);
    const common = {
      brand: 'default',
      type: 'peoplesoft-token',
      audience: 'users',
      enabled: true,
      jit: { create: 'on' },
      linking: { mode: 'prove', authoritativeDomains: ['acme.test'] },
    };
    const settings = { trustedNodes: [{ name: 'PSFT_HR' }], loginUrl: `${peoplesoft.origin}/renew?to={callback}` };
    await broker.api('POST', '/v1/usersources', {
      ...common,
      slug: 'hr',
      label: 'Acme HR',
      settings: {
        ...settings,
        serviceUrl: `${peoplesoft.origin}/PSIGW`,
        serviceUser: 'PASSBROKER',
        servicePassword: SERVICE_PASSWORD,
        emailDomain: 'acme.test',
      },
    });
    await broker.api('POST', '/v1/usersources', {
      ...common,
      slug: 'hr-mac',
      label: 'Acme HR by signature',
      settings: {
        ...settings,
        mode: 'mac',
        nodePasswords: `PSFT_HR=${NODE_PASSWORD}`,
        profile: 'none',
        emailDomain: 'mac.acme.test',
      },
    });
  }, 120_000);
  beforeEach(() => {
    Object.assign(peoplesoft, { userId: 'JANE', issued: () => new Date(), password: NODE_PASSWORD, cookies: 1 });
  });
  afterAll(async () => {
    await broker.close();
    await peoplesoft.close();
  });

  async function signIn(slug = 'hr', browser = broker.browser()): Promise<string> {
    await browser.get('/login');
    await browser.visit(`/sso/start/${slug}`);
    return (await browser.get('/')).text;
  }
  const IN = 'Signed in through';

  it.each(['hr', 'hr-mac'])('come in by %s, and type nothing', async (slug) => {
    const page = await signIn(slug);
    expect(page).toContain(IN);
    expect(page).toContain(slug === 'hr' ? 'jane@acme.test' : 'jane@mac.acme.test');
  });

  it('a forged token with the right signature is refused by PeopleSoft’s own word (KRB-013)', async () => {
    const asked = peoplesoft.asked;
    const browser = broker.browser();
    await browser.get('/login');
    const there = await browser.visit('/sso/start/hr', { until: (url) => url.origin === peoplesoft.origin });
    expect(there.location?.origin).toBe(peoplesoft.origin);
    const forged = issueToken({
      userId: 'BOSS',
      node: 'PSFT_HR',
      issued: written(new Date()),
      password: NODE_PASSWORD,
    });
    browser.cookies.set(`PS_TOKEN=${forged}; Path=/`, new URL(broker.origin));
    const answer = await browser.get('/sso/hr/callback');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(peoplesoft.asked).toBe(asked + 1);
    expect((await browser.get('/')).text).not.toContain(IN);
    expect(await signIn()).toContain(IN);
  });

  it.each([
    ['old', () => new Date(Date.now() - 6 * 60_000)],
    ['from the future', () => new Date(Date.now() + 2 * 60_000)],
  ])('a token that is %s is refused by either (KRB-015)', async (_name, issued) => {
    peoplesoft.issued = issued;
    expect(await signIn('hr')).not.toContain(IN);
    expect(await signIn('hr-mac')).not.toContain(IN);
    peoplesoft.issued = () => new Date();
    expect(await signIn('hr')).toContain(IN);
  });

  it('a token signed by another password is refused (KRB-013)', async () => {
    peoplesoft.password = 'guessed';
    expect(await signIn('hr-mac')).not.toContain(IN);
    peoplesoft.password = NODE_PASSWORD;
    expect(await signIn('hr-mac')).toContain(IN);
  });

  it.each([
    ['empty', ''],
    ['a letter', 'A'],
    ['endless', 'x'.repeat(3_000)],
    ['an escape', '%00'],
    ['quoted', '"quoted"'],
    ['the beginning of one', 'nwAAAAQDAgEBAAAA'],
  ])('a broken cookie is a page, never an accident: %s (KRB-016)', async (_name, cookie) => {
    const browser = broker.browser();
    await browser.get('/login');
    await browser.visit('/sso/start/hr-mac', { until: (url) => url.origin === peoplesoft.origin });
    browser.cookies.set(`PS_TOKEN=${cookie}; Path=/`, new URL(broker.origin));
    const { status } = await browser.get('/sso/hr-mac/callback');
    expect(status).toBeLessThan(500);
    expect((await browser.get('/')).text).not.toContain(IN);
  });

  it('guests of PeopleSoft stay guests', async () => {
    peoplesoft.userId = 'GUEST';
    expect(await signIn()).not.toContain(IN);
    peoplesoft.userId = 'JANE';
    expect(await signIn()).toContain(IN);
  });

  it('who is not signed in there sees the sign-in page', async () => {
    peoplesoft.userId = undefined;
    const browser = broker.browser();
    await browser.get('/login');
    const page = await browser.visit('/sso/start/hr');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Acme HR');
  });

  describeWith(['postgres', 'openssl'], 'and PeopleSoft’s own tables', () => {
    let tables: PeopleServer;

    beforeAll(async () => {
      tables = await startPeoplePostgres();
      const page = readFileSync('docs/usersources/peoplesoft-database.md', 'utf8');
      await fillPeoplesoft(tables, /```sql\n(create view [\s\S]*?)```/.exec(page)?.[1] ?? '');
      const { dialect, host, port, database, user, password, tls, serverName } = tables;
      await broker.api('POST', '/v1/usersources', {
        ...{ slug: 'hr-known', type: 'peoplesoft-token', brand: 'default', audience: 'users', label: 'Acme HR, asked' },
        ...{ enabled: true, jit: { create: 'on' } },
        settings: {
          ...{ trustedNodes: [{ name: 'PSFT_HR' }], loginUrl: `${peoplesoft.origin}/renew?to={callback}` },
          ...{ mode: 'mac', nodePasswords: `PSFT_HR=${NODE_PASSWORD}`, profilePassword: password },
          profile: { dialect, host, port, database, user, ca: tls.ca, tlsServerName: serverName },
        },
      });
    }, 120_000);
    afterAll(() => tables.stop());

    it.each([
      ['whom PeopleSoft has locked (SQL-012)', 'LOCKED'],
      ['whom PeopleSoft does not know any more (KRB-013)', 'GONE'],
      ['whom PeopleSoft writes in capitals (SQL-012)', 'jdoe'],
    ])('a signed token of somebody %s opens nothing', async (_who, userId) => {
      peoplesoft.userId = userId;
      expect(await signIn('hr-known')).not.toContain(IN);
      peoplesoft.userId = 'JDOE';
      const page = await signIn('hr-known');
      expect(page).toContain(IN);
      expect(page).toContain('Jane Doe');
    });

    it('nobody comes in while the tables do not answer, and all do again', async () => {
      peoplesoft.userId = 'JDOE';
      expect(await signIn('hr-known')).toContain(IN);
      // Connections that are open have a process each, which goes on.
      await tables.admin(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'passbroker'",
      );
      tables.freeze();
      try {
        expect(await signIn('hr-known')).not.toContain(IN);
      } finally {
        tables.thaw();
      }
      const until = Date.now() + 15_000;
      let page = '';
      while (!page.includes(IN) && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        page = await signIn('hr-known');
      }
      expect(page).toContain('Jane Doe');
    }, 40_000);

    it('tells no password of the tables', async () => {
      const { data } = await broker.api('GET', '/v1/usersources');
      expect(`${broker.log.join('\n')}${JSON.stringify(data)}`).not.toContain(tables.password);
    });
  });

  it('neither token nor password is logged, or told by the admin API', async () => {
    await signIn();
    const { data } = await broker.api('GET', '/v1/usersources');
    for (const told of [broker.log.join('\n'), JSON.stringify(data)]) {
      for (const secret of [SERVICE_PASSWORD, NODE_PASSWORD, ...peoplesoft.known.keys()])
        expect(told).not.toContain(secret);
    }
  });
});
