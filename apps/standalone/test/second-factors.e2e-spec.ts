import { generateSync } from 'otplib';
import type { Browser } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { configure, question, redeem, REDIRECT } from './world/people.js';

const PASSWORD = 'seven lamps over the harbour';
const isCallback = (url: URL): boolean => url.href.startsWith(REDIRECT);

let broker: Broker;
let client: { application: string; clientSecret: string };
beforeAll(async () => {
  broker = await startBroker();
  client = await configure(broker, { sso: 'none' });
}, 60_000);
afterAll(() => broker.close());

/** Somebody with a built-in account and, through the pages, an authenticator app. */
async function person(name: string): Promise<{ browser: Browser; secret: string }> {
  await broker.api('POST', '/v1/accounts', {
    ...{ audience: 'users', name, username: name, password: PASSWORD },
    emails: [{ value: `${name}@acme.test`, verified: true }],
  });
  const browser = broker.browser();
  await logIn(browser, name, '/login');
  const page = await browser.visit('/second-factor/app');
  const secret = /<code>([A-Z2-7 ]+)<\/code>/.exec(page.body)?.[1]?.replaceAll(' ', '') ?? '';
  // A code of the half minute before, so that the current one is left for the sign-in.
  const code = generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) - 30 });
  const shown = await browser.submit(page.form('Set up'), { code });
  if (!shown.text.includes('Keep your recovery codes')) throw new Error(shown.text);
  return { browser, secret };
}
async function logIn(browser: Browser, name: string, path: string) {
  const page = await browser.visit(path, { until: isCallback });
  return browser.submit(
    page.form('Password'),
    { 'E-mail or username': name, Password: PASSWORD },
    { until: isCallback },
  );
}
const idToken = (body: Record<string, unknown>): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(body['id_token']).split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<
    string,
    unknown
  >;

describe('a second factor, on the real stores', () => {
  it('is asked for after the password, and told to the application in acr and amr', async () => {
    const { secret } = await person('ann');
    const browser = broker.browser();
    const asked = question(broker, { acr_values: 'urn:passbroker:mfa' });
    const challenge = await logIn(browser, 'ann', asked.url);
    expect(challenge.url.pathname).toBe('/second-factor');
    const code = generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) });
    const end = await browser.submit(challenge.form('code'), { code }, { until: isCallback });
    if (!end.location) throw new Error(end.text);
    const { body } = await redeem(broker, client.clientSecret, end.location, asked);
    expect(idToken(body)).toMatchObject({ acr: 'urn:passbroker:mfa', amr: ['pwd', 'otp', 'mfa'] });
    expect(broker.log.join('\n')).not.toContain(secret);
  }, 30_000);

  it('is taken away by the admin API for somebody who lost it, and the password alone opens again', async () => {
    await person('cleo');
    const asked = () => logIn(broker.browser(), 'cleo', question(broker).url);
    expect((await asked()).url.pathname).toBe('/second-factor');
    const { data } = await broker.api('GET', '/v1/accounts?limit=100');
    const cleo = (data as { id: string; username: string }[]).find(({ username }) => username === 'cleo');
    await broker.api('DELETE', `/v1/accounts/${cleo?.id ?? ''}/second-factors`);
    expect((await asked()).location?.href.startsWith(REDIRECT)).toBe(true);
  }, 30_000);

  it('is what an application’s record demands, whatever the browser asks', async () => {
    await broker.api('POST', '/v1/accounts', {
      ...{ audience: 'users', name: 'bob', username: 'bob', password: PASSWORD },
    });
    const browser = broker.browser();
    const plain = await logIn(browser, 'bob', question(broker).url);
    expect(plain.location && isCallback(plain.location)).toBe(true);
    await broker.api('PATCH', `/v1/applications/${client.application}`, {
      settings: { default_acr_values: ['urn:passbroker:mfa'] },
    });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    const asks: Record<string, string>[] = [{}, { acr_values: 'urn:somebody:else' }];
    for (const extra of asks) {
      const page = await browser.visit(question(broker, extra).url, { until: isCallback });
      expect([page.url.pathname, page.text.includes('Set up a second step')]).toEqual(['/second-factor', true]);
    }
  }, 30_000);
});
