import { readFileSync, chmodSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { Attribute, Change, Client } from 'ldapts';
import { describeWith, DOMAIN, negotiateHeader, startSambaAd, type SambaAd } from '@passbroker/testing';
import { kerberosSettings } from './kerberos.settings.js';
import { kerberos } from './kerberos.usersource.js';
import { toolsFor } from '../../test/tools.js';
import type { Usersource } from '../usersource.js';

describeWith(['samba', 'kerberos'], 'kerberos in a real domain', () => {
  let samba: SambaAd;
  let usersource: Usersource;

  beforeAll(async () => {
    samba = await startSambaAd();
    chmodSync(samba.http.keytab, 0o600);
    usersource = kerberos.open(
      kerberosSettings.schema.parse({
        realm: DOMAIN.realm,
        servicePrincipal: samba.http.spn,
        keytab: samba.http.keytab,
        directory: {
          servers: [samba.url],
          ca: readFileSync(samba.tls.caFile, 'utf8'),
          baseDn: DOMAIN.rootDn,
          bindName: DOMAIN.service.upn,
        },
        directoryPassword: DOMAIN.service.password,
      }),
      toolsFor('windows', () => new Date()),
    );
  }, 120_000);
  afterAll(() => samba.stop());

  function ticketOf(name: string, ...how: string[]): string {
    const env = samba.kerberosEnv(`cache-${name}`);
    const path = { PATH: process.env['PATH'] ?? '' };
    const done = spawnSync('kinit', [...how, name], { env: { ...path, ...env }, input: `${DOMAIN.password}\n` });
    if (done.status !== 0) throw new Error(String(done.stderr));
    return negotiateHeader(env, `HTTP@${samba.http.spn.slice(5)}`);
  }
  async function finish(authorization: string) {
    const { carry } = await usersource.begin('t', { forceFresh: false, silent: false });
    return usersource.finish(
      { method: 'GET', rawQuery: '', fields: {}, remoteAddress: '192.0.2.1', authorization },
      carry,
    );
  }
  /** As the domain's admin. */
  async function change(dn: string, type: string, value: string): Promise<void> {
    const client = new Client({ url: samba.url, tlsOptions: { ca: [readFileSync(samba.tls.caFile)] } });
    await client.bind(DOMAIN.admin.upn, DOMAIN.admin.password);
    await client.modify(
      dn,
      new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) }),
    );
    await client.unbind();
  }
  const dnOf = async (name: string): Promise<string> => {
    const client = new Client({ url: samba.url, tlsOptions: { ca: [readFileSync(samba.tls.caFile)] } });
    await client.bind(DOMAIN.admin.upn, DOMAIN.admin.password);
    const { searchEntries } = await client.search(DOMAIN.rootDn, { filter: `(sAMAccountName=${name})` });
    await client.unbind();
    return searchEntries[0]?.dn ?? '';
  };

  it('says who it is by what never changes, with address and groups of the domain (KRB-008)', async () => {
    const { subject, claims, methods } = await finish(ticketOf('nina'));
    expect(subject).toMatch(/^[0-9a-f-]{36}@S-1-5-21-/);
    expect(claims.groups).toEqual(expect.arrayContaining(['Helpdesk-Agents', 'Support', 'Staff']));
    expect(methods).toEqual(['wia']);
    // The name as typed at the computer makes nobody else of her.
    expect((await finish(ticketOf('NINA'))).subject).toBe(subject);
  });

  it('refuses a ticket whose account was disabled since, and takes it again once it is not', async () => {
    const ticket = ticketOf('bob');
    const dn = await dnOf('bob');
    await expect(finish(ticket)).resolves.toBeDefined();
    await change(dn, 'userAccountControl', '514');
    await expect(finish(ticket)).rejects.toMatchObject({ code: 'account.disabled' });
    await change(dn, 'userAccountControl', '512');
    await expect(finish(ticket)).resolves.toBeDefined();
  });

  it.each([
    ['expired', 'accountExpires', '130000000000000000', '0', 'account.disabled'],
    ['told to choose a new password', 'pwdLastSet', '0', '-1', 'upstream.refused'],
  ])('refuses a ticket whose account was %s since', async (_what, type, spoilt, mended, code) => {
    const ticket = ticketOf('bob');
    const dn = await dnOf('bob');
    await change(dn, type, spoilt);
    await expect(finish(ticket)).rejects.toMatchObject({ code });
    await change(dn, type, mended);
    await expect(finish(ticket)).resolves.toBeDefined();
  });

  it('takes the ticket of somebody bound to a workstation: the domain gave it to them there', async () => {
    expect((await finish(ticketOf('judy'))).claims.username).toBe('judy');
  });

  it.each(['dave', 'erin', 'heidi', 'ivan'])('is shown no ticket of %s, to whom the domain gives none', (name) => {
    expect(() => ticketOf(name)).toThrow(/revoked/);
    expect(() => ticketOf('alice')).not.toThrow();
  });

  it('refuses an enterprise name of another suffix, as libkrb5 escapes it', async () => {
    const olivia = ticketOf('olivia.ortiz@corp.example', '-E');
    await expect(finish(olivia)).rejects.toMatchObject({ code: 'upstream.refused' });
    expect((await finish(ticketOf('olivia'))).claims.username).toBe('olivia');
  });

  it('tells in its probe that all of it works', async () => {
    const health = await usersource.probe();
    expect(health.state).toBe('ok');
    expect(health.steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['keytab', 'key', 'search']));
  });
});
