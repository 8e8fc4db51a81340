import { spawnSync } from 'node:child_process';

import { jest } from '@jest/globals';
import { Client } from 'ldapts';

import { describeWith } from './describe-with.js';
import { CORP } from './openldap/tree.js';
import { startOpenLdap } from './openldap/openldap.js';
import { DOMAIN } from './samba-ad/domain.js';
import { startSambaAd } from './samba-ad/samba-ad.js';

jest.setTimeout(120_000);

describeWith('samba', 'a domain controller for tests', () => {
  it('answers over LDAPS and gives tickets', async () => {
    const ad = await startSambaAd();
    try {
      const client = new Client({ url: ad.url, tlsOptions: { ca: [ad.tls.ca] } });
      await client.bind(DOMAIN.service.dn, DOMAIN.service.password);
      const { searchEntries } = await client.search(DOMAIN.peopleDn, { filter: '(sAMAccountName=alice)' });
      await client.unbind();
      expect(searchEntries).toHaveLength(1);

      const env = { PATH: process.env['PATH'] ?? '', ...ad.kerberosEnv('alice') };
      expect(spawnSync('kinit', ['alice'], { env, input: `${DOMAIN.password}\n` }).status).toBe(0);
      expect(String(spawnSync('klist', ['-k', ad.http.keytab], { env }).stdout)).toContain(ad.http.spn);
    } finally {
      await ad.stop();
    }
  });
});

describeWith('slapd', 'an OpenLDAP for tests', () => {
  it('answers over LDAPS, and takes an empty password for a bind', async () => {
    const directory = await startOpenLdap();
    try {
      const client = new Client({ url: directory.url, tlsOptions: { ca: [directory.tls.ca] } });
      await client.bind(CORP.service.dn, CORP.service.password);
      const { searchEntries } = await client.search(CORP.peopleDn, { filter: '(uid=alice)' });
      expect(searchEntries).toHaveLength(1);
      await client.unbind();
      const careless = new Client({ url: directory.url, tlsOptions: { ca: [directory.tls.ca] } });
      await careless.bind(`uid=alice,${CORP.peopleDn}`, '');
      await careless.unbind();
    } finally {
      await directory.stop();
    }
  });
});
