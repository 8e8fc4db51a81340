import { jest } from '@jest/globals';
import { EqualityFilter, PresenceFilter } from 'ldapts';
import { describeWith, DOMAIN, startSambaAd, type SambaAd } from '@passbroker/testing';
import { domainSettings, openDomain, posted } from '../../test/directories.js';
import { wholeList } from '../directory/ranges.js';
import { Servers } from '../directory/servers.js';
import { ServiceAccount } from '../directory/service-account.js';

jest.setTimeout(180_000);

const GROUP = `CN=Everyone-Bulk,${DOMAIN.groupsDn}`;
const everything = new PresenceFilter({ attribute: 'objectClass' });

describeWith('samba', 'a domain of 1,500 people, and a group of them all and two more', () => {
  let ad: SambaAd;
  let service: ServiceAccount;
  const signal = () => AbortSignal.timeout(10_000);

  beforeAll(async () => {
    ad = await startSambaAd({ bulk: 1_500 });
    const now = () => new Date();
    const servers = new Servers([ad.url], { ca: ad.tls.ca, mayReach: () => true }, now, 10_000);
    service = new ServiceAccount(servers, { dn: DOMAIN.service.dn, password: DOMAIN.service.password }, now, 10_000);
  });
  afterAll(async () => {
    service?.close();
    await ad?.stop();
  });

  it('reads all of them, page by page, and takes one too many for an error (LDAP-017)', async () => {
    const query = {
      scope: 'sub',
      filter: new EqualityFilter({ attribute: 'objectClass', value: 'user' }),
      attributes: ['sAMAccountName'],
    } as const;
    const people = await service.search(
      DOMAIN.bulkDn,
      { ...query, attributes: ['sAMAccountName'], max: 1_500 },
      signal(),
    );
    expect(new Set(people.map((person) => person.text('sAMAccountName'))).size).toBe(1_500);
    await expect(
      service.search(DOMAIN.bulkDn, { ...query, attributes: ['sAMAccountName'], max: 1_499 }, signal()),
    ).rejects.toThrow();
  });

  it('asks for the rest of a list that the domain was made to hand out in ranges', async () => {
    const read = async (attribute: string) => {
      const query = { scope: 'base', filter: everything, attributes: [attribute], max: 1 } as const;
      const [group] = await service.search(GROUP, { ...query, attributes: [attribute] }, signal());
      if (!group) throw new Error('no such group');
      return { group, members: await wholeList(service, group, 'member', signal()) };
    };
    const { group, members } = await read('member;range=0-999');
    expect(group.bytes('member;range=0-999')).toHaveLength(1_000);
    expect(new Set(members.map(String)).size).toBe(1_502);
    // Samba, other than Microsoft’s own, hands out all of it to who asks for no range.
    expect((await read('member')).members).toHaveLength(1_502);
  });

  it('signs in its people as fast as anybody, by their side of the membership', async () => {
    const began = performance.now();
    const { claims } = await openDomain(domainSettings(ad)).finish(posted('alice', DOMAIN.password), {});
    expect(claims.groups).toContain('Everyone-Bulk');
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
