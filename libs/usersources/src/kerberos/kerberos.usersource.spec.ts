import { chmodSync } from 'node:fs';
import { describeWith, negotiateHeader, startMitKdc, type MitKdc } from '@passbroker/testing';
import { Gss } from './gss.js';
import { kerberosSettings } from './kerberos.settings.js';
import { kerberos } from './kerberos.usersource.js';
import { toolsFor } from '../../test/tools.js';
import type { Usersource } from '../usersource.js';

const PASSWORD = 'Corr3ct-Horse!';
const SPN = 'HTTP/sso.acme.test';
const ASK = { forceFresh: false, silent: false };

/** As many as fit into some seconds: each goes to the library in its child, and its answer comes back. */
const BROKEN_TOKENS = 25_000;
const BROKEN_ANSWERS = ['upstream.malformed', 'upstream.untrusted', 'upstream.login_required', 'read'];

describeWith(['krb5kdc', 'kerberos'], 'kerberos and a real key distribution center', () => {
  let kdc: MitKdc;
  let keytab: string;
  let alice: Record<string, string>;
  let usersource: Usersource;

  beforeAll(async () => {
    kdc = await startMitKdc();
    kdc.person('alice', PASSWORD);
    keytab = kdc.service(SPN);
    chmodSync(keytab, 0o600);
    alice = kdc.ticketOf('alice', PASSWORD);
    usersource = open();
  });
  afterAll(() => kdc.stop());

  const open = (more: Record<string, unknown> = {}): Usersource =>
    kerberos.open(
      kerberosSettings.schema.parse({ realm: 'ACME.TEST', servicePrincipal: SPN, keytab, ...more }),
      toolsFor('windows', () => new Date()),
    );
  async function finish(authorization: string | undefined, at = usersource, ask = ASK) {
    const { carry } = await at.begin('t', ask);
    const reply = { method: 'GET' as const, rawQuery: '', fields: {}, remoteAddress: '192.0.2.1' };
    return at.finish({ ...reply, ...(authorization !== undefined && { authorization }) }, carry);
  }
  const header = (env = alice, service = 'HTTP@sso.acme.test') => negotiateHeader(env, service);

  it('says who sits at the computer, and proves itself in return', async () => {
    const assertion = await finish(header());
    expect(assertion).toMatchObject({
      usersource: 'windows',
      subject: 'alice@ACME.TEST',
      claims: { name: 'alice' },
      said: { principal: 'alice@ACME.TEST', realm: 'ACME.TEST' },
      methods: ['wia'],
    });
    expect(assertion.answer).toMatch(/^Negotiate oY/);
  });

  it('makes an address where mail names are account names', async () => {
    const { claims } = await finish(header(), open({ emailDomain: 'acme.test' }));
    expect(claims).toMatchObject({ email: 'alice@acme.test', emailVerified: true });
  });

  it('understands a bare Kerberos token too', async () => {
    const bare = negotiateHeader(alice, 'HTTP@sso.acme.test', 'bare');
    expect((await finish(bare)).subject).toBe('alice@ACME.TEST');
  });

  it('gives one message one name, in whatever wrapper it comes, and another message another (KRB-001)', async () => {
    const message = header();
    const key = (await finish(message)).once?.key;
    // The native library does not object to the second use: the claim that all replicas share does.
    expect((await finish(message)).once?.key).toBe(key);
    expect((await finish(rewrapped(message))).once?.key).toBe(key);
    expect((await finish(header())).once?.key).not.toBe(key);
    const until = (await finish(message)).once?.until.getTime() ?? 0;
    // Five minutes early and five minutes late.
    expect(until - Date.now()).toBeGreaterThan(11 * 60_000);
  });

  it('refuses NTLM by its name, bare and wrapped (KRB-002)', async () => {
    const bare = `Negotiate ${Buffer.from('NTLMSSP\0\u0001\0\0\0').toString('base64')}`;
    await expect(finish(bare)).rejects.toMatchObject({ code: 'upstream.login_required' });
    const wrapped = offering(Buffer.from('060a2b06010401823702020a', 'hex'), Buffer.from('NTLMSSP\0\u0001\0\0\0'));
    await expect(finish(wrapped)).rejects.toMatchObject({ code: 'upstream.login_required' });
    await expect(finish(header())).resolves.toBeDefined();
  });

  it('refuses a ticket for another service, also one whose key is in the same file (KRB-003)', async () => {
    kdc.service('HTTP/intranet.acme.test', keytab);
    chmodSync(keytab, 0o600);
    await expect(finish(header(alice, 'HTTP@intranet.acme.test'))).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    await expect(finish(header())).resolves.toBeDefined();
  });

  it('refuses a ticket whose service name was rewritten to ours (KRB-003)', async () => {
    kdc.service('HTTP/foo.acme.test');
    const ticket = header(alice, 'HTTP@foo.acme.test');
    const bytes = Buffer.from(ticket.slice(10), 'base64');
    const at = bytes.indexOf('foo.acme.test');
    bytes.write('sso', at);
    const renamed = `Negotiate ${bytes.toString('base64')}`;
    await expect(finish(renamed)).rejects.toMatchObject({
      code: 'upstream.untrusted',
      detail: expect.stringMatching(/does not hold/),
    });
    await expect(finish(header())).resolves.toBeDefined();
  });

  it('refuses a ticket of a realm with the same name for the service (KRB-003)', async () => {
    const other = await startMitKdc('OTHER.TEST');
    try {
      other.person('alice', PASSWORD);
      other.service(SPN);
      const theirs = negotiateHeader({ ...other.ticketOf('alice', PASSWORD) }, 'HTTP@sso.acme.test');
      await expect(finish(theirs)).rejects.toMatchObject({ code: 'upstream.untrusted' });
    } finally {
      await other.stop();
    }
    await expect(finish(header())).resolves.toBeDefined();
  });

  it.each(['host/pc01', 'alice/admin', 'PC01$'])('refuses %s, which is nobody', async (name) => {
    kdc.person(name, PASSWORD);
    await expect(finish(header(kdc.ticketOf(name, PASSWORD)))).rejects.toMatchObject({ code: 'upstream.refused' });
  });

  it('refuses an enterprise name, whose escapes make two people one', async () => {
    kdc.person('olivia\\@corp.example', PASSWORD);
    const olivia = kdc.ticketOf('olivia\\@corp.example', PASSWORD);
    await expect(finish(header(olivia))).rejects.toMatchObject({ code: 'upstream.refused' });
  });

  it('refuses a browser that nobody sent here, and whoever must prove that it is them (KRB-011)', async () => {
    const reply = { method: 'GET' as const, rawQuery: '', fields: {}, remoteAddress: '::1', authorization: header() };
    await expect(usersource.finish(reply, {})).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(finish(header(), usersource, { ...ASK, forceFresh: true })).rejects.toMatchObject({
      code: 'upstream.login_required',
    });
    await expect(finish(undefined)).rejects.toMatchObject({ code: 'upstream.login_required' });
  });

  it('outlives every broken token (KRB-010)', async () => {
    const good = Buffer.from(header().slice(10), 'base64');
    const answers = new Map<string, number>();
    for (let index = 0; index < BROKEN_TOKENS; index += 1) {
      let broken = Buffer.from(good);
      // Past what we read ourselves, so that the library gets most of them: a byte, a few, or an early end.
      for (let flips = 0; flips <= index % 4; flips += 1) {
        const at = (index * 37 + flips * 101) % good.length;
        broken[at] = (broken[at] ?? 0) ^ (1 + ((index + flips * 7) % 255));
      }
      if (index % 10 === 9) broken = broken.subarray(0, (index * 53) % good.length);
      const code = await finish(`Negotiate ${broken.toString('base64')}`).then(
        // Some bytes mean nothing to anybody; then it is still her ticket, and nobody else's.
        ({ subject }) => (subject === 'alice@ACME.TEST' ? 'read' : `read as ${subject}`),
        (error: { code: string }) => error.code,
      );
      answers.set(code, (answers.get(code) ?? 0) + 1);
    }
    expect([...answers.keys()].filter((code) => !BROKEN_ANSWERS.includes(code))).toEqual([]);
    // Most reached the library; none of its children's deaths was told as anything else.
    expect(answers.get('upstream.untrusted')).toBeGreaterThan(BROKEN_TOKENS / 4);
    await expect(finish(header())).resolves.toMatchObject({ subject: 'alice@ACME.TEST' });
  }, 60_000);

  it('does not take a keytab that everybody on the machine can read (KRB-012)', async () => {
    chmodSync(keytab, 0o644);
    await expect(finish(header())).rejects.toMatchObject({ code: 'usersource.misconfigured' });
    expect(await usersource.probe()).toMatchObject({ state: 'down' });
    chmodSync(keytab, 0o640);
    await expect(finish(header())).resolves.toBeDefined();
    expect(await usersource.probe()).toMatchObject({ state: 'ok', steps: [{ ok: true }, { ok: true }] });
  });

  it('says in its probe what is missing', async () => {
    const steps = async (more: Record<string, unknown>) => (await open(more).probe()).steps.at(-1);
    expect(await steps({ keytab: '/nowhere/http.keytab' })).toMatchObject({ step: 'keytab', ok: false });
    expect(await steps({ servicePrincipal: 'HTTP/else.acme.test' })).toMatchObject({ step: 'key', ok: false });
  });

  describe('its child', () => {
    it('has nothing of our environment', async () => {
      process.env['CANARY_SECRET'] = 'canary';
      const tells = `data:text/javascript,export const initializeServer = async () => ({ step: async () => undefined, contextComplete: true, username: Object.keys(process.env).join(), targetName: null, response: null })`;
      const { principal } = await new Gss({ keytab, host: 'sso.acme.test', library: tells }).accept('Z29vZA==');
      expect(principal).toContain('KRB5_KTNAME');
      expect(principal).not.toContain('CANARY_SECRET');
    });

    it('is named as missing where it was not installed', async () => {
      const gss = new Gss({ keytab, host: 'sso.acme.test', library: 'no-such-library' });
      await expect(gss.ready()).rejects.toMatchObject({
        code: 'usersource.misconfigured',
        detail: expect.stringContaining('node bin/kerberos.mjs'),
      });
    });

    it('may break: the token that broke it is refused, the next one is read', async () => {
      const crash = `data:text/javascript,export const initializeServer = async () => ({ step: async (token) => token === "Y3Jhc2g=" ? process.abort() : token === "aGFuZw==" ? new Promise(() => setInterval(() => 0, 1000)) : undefined, contextComplete: true, username: "alice@ACME.TEST", targetName: null, response: null })`;
      const gss = new Gss({ keytab, host: 'sso.acme.test', library: crash, timeoutMs: 1_000 });
      const together = await Promise.allSettled([
        gss.accept('Z29vZA=='),
        gss.accept('Y3Jhc2g='),
        gss.accept('Z29vZA=='),
        gss.accept('aGFuZw=='),
        gss.accept('Z29vZA=='),
      ]);
      expect(together.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
    });
  });
});

/** The same AP-REQ in a SPNEGO of the attacker's own, which offers more. */
function rewrapped(message: string): string {
  const bytes = Buffer.from(message.slice(10), 'base64');
  const offers = [Buffer.from('06092a864886f712010202', 'hex'), Buffer.from('060a2b06010401823702020a', 'hex')];
  return offering(
    Buffer.concat(offers),
    bytes.subarray(bytes.indexOf(Buffer.from('06092a864886f712010202', 'hex'), 30) - 4),
  );
}

function offering(mechanisms: Buffer, inner: Buffer): string {
  const wrap = (tag: number, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat(parts);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    // A length in three bytes, where two would do.
    return Buffer.concat([Buffer.of(tag, 0x83), length.subarray(1), body]);
  };
  const init = wrap(0x30, wrap(0xa0, wrap(0x30, mechanisms)), wrap(0xa2, wrap(0x04, inner)));
  const token = wrap(0x60, Buffer.from('06062b0601050502', 'hex'), wrap(0xa0, init));
  return `Negotiate ${token.toString('base64')}`;
}
