import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { Attribute, Change, Client } from 'ldapts';
import {
  describeWith,
  DOMAIN,
  negotiateHeader,
  startMitKdc,
  startSambaAd,
  type MitKdc,
  type SambaAd,
} from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';

const PASSWORD = 'Corr3ct-Horse!';
const BETWEEN = 'The-Key-Of-Trust-1';
const OURS = 'HTTP@localhost';

/** `/sso/start` as the button does it, and then the browser's answer to the 401. */
async function bring(broker: Broker, slug: string, authorization: string): Promise<string> {
  const browser = broker.browser();
  const callback = `/sso/${slug}/callback`;
  await browser.visit(`/sso/start/${slug}`, { until: ({ pathname }) => pathname === callback });
  expect((await browser.get(callback)).status).toBe(401);
  await browser.get(callback, { headers: { authorization } });
  const { text } = await browser.get('/');
  return /Signed in through/.test(text) ? text : 'nobody';
}

async function audited(broker: Broker, code: string): Promise<string> {
  // The audit is written by a stream, a moment later.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const { data } = await broker.api('GET', `/v1/audit-events?code=${code}&limit=100`);
  return JSON.stringify(data);
}

describeWith(['krb5kdc', 'kerberos'], 'tickets that are not for us, or not of ours', () => {
  let broker: Broker;
  let [acme, other]: [MitKdc?, MitKdc?] = [];
  let [alice, stranger]: [Record<string, string>, Record<string, string>] = [{}, {}];

  beforeAll(async () => {
    [broker, acme, other] = await Promise.all([startBroker(), startMitKdc(), startMitKdc('OTHER.TEST')]);
    const keytab = acme.service('HTTP/localhost');
    // Many keep one file for all services of a machine.
    acme.service('HTTP/intranet.acme.test', keytab);
    chmodSync(keytab, 0o600);
    acme.person('alice', PASSWORD);
    other.person('alice', PASSWORD);
    other.service('HTTP/localhost');
    // ACME.TEST trusts OTHER.TEST: its people get real tickets for our service.
    for (const kdc of [acme, other]) kdc.person('krbtgt/ACME.TEST@OTHER.TEST', BETWEEN);
    alice = acme.ticketOf('alice', PASSWORD);
    stranger = other.ticketOf('alice', PASSWORD);
    await broker.api('POST', '/v1/usersources', {
      ...{ slug: 'windows', type: 'kerberos', brand: 'default', audience: 'users', label: 'Acme computers' },
      ...{ enabled: true, jit: { create: 'on' }, linking: { mode: 'prove', authoritativeDomains: ['acme.test'] } },
      settings: { realm: 'ACME.TEST', servicePrincipal: 'HTTP/localhost', keytab, emailDomain: 'acme.test' },
    });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
  }, 120_000);
  // The control of each: the right ticket, on the same way.
  afterEach(async () => {
    expect(await bring(broker, 'windows', negotiateHeader(alice, OURS))).toContain('alice@acme.test');
  });
  afterAll(async () => {
    await broker.close();
    await Promise.all([acme?.stop(), other?.stop()]);
  });

  it('let nobody in who has one for another service of the same keytab (KRB-003)', async () => {
    expect(await bring(broker, 'windows', negotiateHeader(alice, 'HTTP@intranet.acme.test'))).toBe('nobody');
    expect(await audited(broker, 'upstream.untrusted')).toContain('for another service');
  });

  it('let nobody in who wrote our name over the service’s (KRB-003)', async () => {
    acme?.service('HTTP/lacalhost');
    const bytes = Buffer.from(negotiateHeader(alice, 'HTTP@lacalhost').slice('Negotiate '.length), 'base64');
    const at = bytes.indexOf('lacalhost');
    expect(at).toBeGreaterThan(0);
    bytes.write('localhost', at);
    expect(await bring(broker, 'windows', `Negotiate ${bytes.toString('base64')}`)).toBe('nobody');
  });

  it('let nobody in whose realm has a service of the same name (KRB-003)', async () => {
    expect(await bring(broker, 'windows', negotiateHeader(stranger, OURS))).toBe('nobody');
  });

  it('take alice of a realm that ours trusts for nobody, above all not for Alice (KRB-004)', async () => {
    // Both realms' configurations: the first says whose the service is.
    const configs = [alice['KRB5_CONFIG'], stranger['KRB5_CONFIG']].join(':');
    const across = negotiateHeader({ ...stranger, KRB5_CONFIG: configs }, OURS);
    expect(await bring(broker, 'windows', across)).toBe('nobody');
    // Read, with our key, and refused for what it says: not as a broken one.
    expect(await audited(broker, 'upstream.refused')).toContain('another realm than ACME.TEST');
    const { data } = await broker.api('GET', '/v1/accounts?limit=100');
    expect(JSON.stringify(data)).not.toContain('OTHER.TEST');
  });
});

describeWith(['samba', 'kerberos'], 'groups of somebody with a ticket of a real domain', () => {
  let broker: Broker;
  let samba: SambaAd;

  const add = (slug: string, more: Record<string, unknown>) =>
    broker.api('POST', '/v1/usersources', {
      ...{ slug, type: 'kerberos', brand: 'default', audience: 'users', label: slug, enabled: true },
      mapping: { groups: 'claims.?groups.orValue([])' },
      ...{ jit: { create: 'on' }, linking: { mode: 'prove', authoritativeDomains: ['acme.test'] } },
      settings: { realm: DOMAIN.realm, servicePrincipal: samba.http.spn, keytab: samba.http.keytab, ...more },
    });

  beforeAll(async () => {
    [broker, samba] = await Promise.all([startBroker(), startSambaAd()]);
    chmodSync(samba.http.keytab, 0o600);
    await add('domain', {
      directory: {
        ...{ servers: [samba.url], ca: samba.tls.ca, baseDn: DOMAIN.rootDn, bindName: DOMAIN.service.upn },
      },
      directoryPassword: DOMAIN.service.password,
    });
    await add('alone', { emailDomain: 'alone.test' });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
  }, 120_000);
  afterAll(async () => {
    await broker.close();
    await samba.stop();
  });

  /** Of the ticket that was got once: its PAC says for ten hours what it said then. */
  const message = (env: Record<string, string>) => negotiateHeader(env, `HTTP@${samba.http.spn.slice('HTTP/'.length)}`);
  function ticketOf(name: string): Record<string, string> {
    const env = samba.kerberosEnv(`groups-${name}`);
    const path = { PATH: process.env['PATH'] ?? '' };
    const done = spawnSync('kinit', [name], { env: { ...path, ...env }, input: `${DOMAIN.password}\n` });
    if (done.status !== 0) throw new Error(String(done.stderr));
    message(env); // From now on the ticket for the service is in the cache too.
    return env;
  }
  async function groupsOf(email: string): Promise<unknown> {
    const { data } = await broker.api('GET', `/v1/accounts?email=${email}`);
    return Reflect.get(Object(Array.isArray(data) ? data[0] : undefined), 'groups');
  }
  /** As the domain's admin. */
  async function member(operation: 'add' | 'delete', person: string): Promise<void> {
    const client = new Client({ url: samba.url, tlsOptions: { ca: [samba.tls.ca] } });
    await client.bind(DOMAIN.admin.upn, DOMAIN.admin.password);
    const { searchEntries } = await client.search(DOMAIN.rootDn, { filter: `(sAMAccountName=${person})` });
    const values = [searchEntries[0]?.dn ?? ''];
    const modification = new Attribute({ type: 'member', values });
    await client.modify(`CN=Helpdesk-Agents,${DOMAIN.groupsDn}`, new Change({ operation, modification }));
    await client.unbind();
  }

  it('are the directory’s, not those that a ticket carries (KRB-008)', async () => {
    const nina = ticketOf('nina');
    const helpdesk = expect.arrayContaining(['Helpdesk-Agents', 'Support', 'Staff']);
    expect(await bring(broker, 'domain', message(nina))).toContain('nina.nested@acme.test');
    expect(await groupsOf('nina.nested@acme.test')).toEqual(helpdesk);
    await member('delete', 'nina');
    try {
      expect(await bring(broker, 'domain', message(nina))).toContain('nina.nested@acme.test');
      expect(await groupsOf('nina.nested@acme.test')).not.toContain('Helpdesk-Agents');
    } finally {
      await member('add', 'nina');
    }
    expect(await bring(broker, 'domain', message(nina))).toContain('nina.nested@acme.test');
    expect(await groupsOf('nina.nested@acme.test')).toEqual(helpdesk);
  }, 60_000);

  it('are none where no directory is asked, whatever the ticket carries (KRB-008)', async () => {
    expect(await bring(broker, 'alone', message(ticketOf('alice')))).toContain('alice@alone.test');
    expect(await groupsOf('alice@alone.test')).toEqual([]);
  }, 60_000);
});
