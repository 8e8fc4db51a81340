import { readFileSync } from 'node:fs';
import { jest } from '@jest/globals';
import {
  CORP,
  describeWith,
  DOMAIN,
  startOpenLdap,
  startPeoplePostgres,
  startSambaAd,
  startScriptedLdap,
  type OpenLdap,
  type PeopleServer,
  type SambaAd,
  type ScriptedLdap,
} from '@passbroker/testing';
import { z } from 'zod';
import { fillPeople, HASHES, settingsFor } from '../../../libs/usersources/test/people-tables.js';
import { fillPeoplesoft } from '../../../libs/usersources/test/peoplesoft-tables.js';
import { startBroker, type Broker } from './world/broker.js';

jest.setTimeout(180_000);

const VIEWS =
  /```sql\n(create view [\s\S]*?)```/.exec(readFileSync('docs/usersources/peoplesoft-database.md', 'utf8'))?.[1] ?? '';
const answer = z.object({
  state: z.string(),
  steps: z.array(z.object({ step: z.string(), ok: z.boolean(), detail: z.string() })),
  ms: z.number(),
});

/** Asked at the admin API, tried in the gateway, told over the bus: at real servers, and at one that says nothing. */
describeWith(['samba', 'slapd', 'postgres', 'openssl'], 'an admin’s test of a usersource', () => {
  let [broker, ad, corp, people, silent]: [Broker?, SambaAd?, OpenLdap?, PeopleServer?, ScriptedLdap?] = [];
  const world = () => {
    if (!broker || !ad || !corp || !people || !silent) throw new Error('nothing was started');
    return { broker, ad, corp, people, silent };
  };
  const add = (slug: string, type: string, settings: Record<string, unknown>) =>
    world().broker.api('POST', '/v1/usersources', {
      ...{ slug, type, brand: 'default', audience: 'users', label: slug, enabled: false, settings },
    });
  const set = (slug: string, settings: Record<string, unknown>) =>
    world().broker.api('PATCH', `/v1/usersources/${slug}`, { settings });
  async function tried(slug: string, username?: string) {
    const told = answer.parse(
      await world().broker.api('POST', `/v1/usersources/${slug}:test`, username === undefined ? {} : { username }),
    );
    const { steps } = told;
    // No password of ours, of theirs or of anybody, in any answer.
    for (const secret of [DOMAIN.service.password, CORP.service.password, world().people.password, HASHES.sha512]) {
      expect(JSON.stringify(told)).not.toContain(secret);
    }
    return {
      ...told,
      walked: steps.map(({ step, ok }) => `${step.split(' ')[0]}${ok ? '' : ' FAILED'}`),
      detail: (name: string) => steps.find(({ step }) => step.startsWith(name))?.detail,
    };
  }

  beforeAll(async () => {
    [broker, ad, corp, people, silent] = await Promise.all([
      startBroker({ gateways: 2, minters: 1 }),
      startSambaAd(),
      startOpenLdap(),
      startPeoplePostgres(),
      startScriptedLdap({ bind: () => ({ silent: true }) }),
    ]);
    await fillPeople(people);
    await fillPeoplesoft(people, VIEWS);
    await add('acme', 'active-directory', {
      ...{ servers: [ad.url], ca: ad.tls.ca, baseDn: DOMAIN.peopleDn },
      ...{ bindName: DOMAIN.service.upn, bindPassword: DOMAIN.service.password },
    });
    await add('corp', 'ldap', {
      ...{ servers: [corp.plainUrl.replace('127.0.0.1', 'localhost'), 'ldaps://127.0.0.1:1'], ca: corp.tls.ca },
      ...{ serverName: corp.host, baseDn: CORP.peopleDn, groupBaseDn: CORP.groupsDn, trialPerson: 'nina' },
      ...{ bindDn: CORP.service.dn, bindPassword: CORP.service.password },
    });
    await add('silent', 'ldap', {
      ...{ servers: [silent.url], ca: silent.tls.ca, baseDn: 'dc=script,dc=test', timeoutSec: 2 },
      ...{ bindDn: 'cn=svc,dc=script,dc=test', bindPassword: CORP.service.password },
    });
    await add('people', 'database', { ...settingsFor(people), host: 'localhost' });
    const { dialect, host, port, database, user, password, ca, tlsServerName } = settingsFor(people);
    await add('psft', 'peoplesoft-database', {
      ...{ dialect, host, port, database, user, password, ca, tlsServerName, passwordCheck: 'unsalted-sha1' },
    });
  });
  afterAll(() => Promise.all([broker?.close(), ad?.stop(), corp?.stop(), people?.stop(), silent?.close()]));

  it('walks to a domain, and to somebody there with their groups', async () => {
    const { state, walked, detail } = await tried('acme', 'nina');
    expect([state, walked]).toEqual(['ok', ['tcp', 'tls', 'certificate', 'bind', 'search', 'person', 'groups']]);
    expect(detail('tls')).toMatch(/^TLSv1\.[23], directory until \d{4}-\d\d-\d\d, by Test Root until \d{4}-\d\d-\d\d$/);
    expect(detail('bind')).toBe(`${DOMAIN.service.upn} is let in`);
    expect(detail('person')).toContain('nina is CN=Nina Nested');
    expect(detail('groups')).toContain('Helpdesk-Agents');
  });

  it('walks to each server of a directory, by name and StartTLS, and is well with one of them', async () => {
    const { state, walked, detail } = await tried('corp');
    expect(state).toBe('ok');
    expect(walked).toEqual([
      ...['dns', 'tcp', 'starttls', 'tls', 'certificate', 'bind', 'tcp FAILED', 'search', 'person', 'groups'],
    ]);
    expect(detail('dns')).toMatch(/^localhost is (127\.0\.0\.1|::1)$/);
    expect(detail('groups')).toMatch(/^4: .*helpdesk-agents/);
  });

  it.each([
    ['tls', () => ({ ca: world().ad.tls.otherCa }), ['tcp', 'tls FAILED']],
    ['bind', () => ({ bindPassword: 'Wr0ng-Service!' }), ['tcp', 'tls', 'certificate', 'bind FAILED']],
    ['search', () => ({ baseDn: 'OU=No,DC=acme,DC=test' }), ['tcp', 'tls', 'certificate', 'bind', 'search FAILED']],
  ])('stops at the first stone: %s', async (_where, change, expected) => {
    await set('acme', { bindPassword: DOMAIN.service.password, ...change() });
    const { state, walked } = await tried('acme');
    expect([state, walked]).toEqual(['down', expected]);
    await set('acme', { bindPassword: DOMAIN.service.password, ca: world().ad.tls.ca, baseDn: DOMAIN.peopleDn });
    expect((await tried('acme')).state).toBe('ok');
  });

  it('comes back in time from a server that says nothing, and says where it waited', async () => {
    const began = performance.now();
    const { state, walked, detail } = await tried('silent');
    expect(performance.now() - began).toBeLessThan(6_000);
    expect([state, walked]).toEqual(['down', ['tcp', 'tls', 'certificate', 'bind FAILED']]);
    expect(detail('bind')).toContain('did not answer in time');
  });

  it.each([
    ['people', 'ann', ['name', 'connect', 'login', 'query', 'person'], /sha512-crypt/],
    ['people', 'bob', ['name', 'connect', 'login', 'query', 'person'], /\{SSHA\}, which is weak/],
    ['psft', 'JDOE', ['name', 'connect', 'login', 'views', 'person'], /not locked, \d roles, an e-mail address/],
  ])('walks to a table of people: %s, %s', async (slug, name, expected, person) => {
    const { state, walked, detail } = await tried(slug, name);
    expect([state, walked]).toEqual(['ok', expected]);
    expect(detail('person')).toMatch(person);
    const none = await tried(slug, 'nobody-at-all');
    expect(none.walked.at(-1)).toBe('person FAILED');
  });
});
