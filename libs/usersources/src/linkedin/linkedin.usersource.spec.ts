import { startHostileOp, type HostileOp } from '@passbroker/testing';
import { walkWith } from '../../test/op-walk.js';
import { linkedinSettings } from './linkedin.settings.js';

let op: HostileOp;
beforeAll(async () => {
  op = await startHostileOp({ path: '/www.linkedin.com/oauth' });
});
afterAll(() => op.close());

const SECRET = 'a client secret of more than 32 bytes';
const walk = () =>
  walkWith(op, { clientId: 'broker', clientSecret: SECRET, standIn: new URL(op.issuer).origin }, {}, 'linkedin');

describe('linkedin', () => {
  it('signs in without what LinkedIn does not know: a nonce and a code verifier', async () => {
    op.person = { sub: '782bbtaQ', email: 'jane@acme.test', email_verified: 'true', name: 'Jane' };
    const { to, carry } = await walk().begin();
    expect([...to.searchParams.keys()]).not.toEqual(expect.arrayContaining(['nonce']));
    expect(to.searchParams.has('code_challenge')).toBe(false);
    expect(Object.keys(carry)).toEqual(['state']);
    expect(await walk().signIn()).toMatchObject({ subject: '782bbtaQ', claims: { emailVerified: true } });
  });

  it('refuses another state, and a token that is for another app', async () => {
    op.script = { response: (parameters) => parameters.set('state', 'another') };
    await expect(walk().signIn()).rejects.toMatchObject({ code: 'upstream.untrusted' });
    op.script = { claims: (all) => ({ ...all, aud: 'another' }) };
    await expect(walk().signIn()).rejects.toMatchObject({ code: 'upstream.untrusted' });
    op.script = {};
    expect(await walk().signIn()).toMatchObject({ subject: '782bbtaQ' });
  });
});

describe('linkedin settings', () => {
  it('has its secret sealed, and a stand-in on this machine only', () => {
    const own = { clientId: 'broker', clientSecret: SECRET };
    const takes = (standIn: string) => linkedinSettings.schema.safeParse({ ...own, standIn }).success;
    expect(linkedinSettings.secrets).toEqual(['clientSecret']);
    expect(linkedinSettings.sendsSecretsTo).toEqual(['standIn']);
    expect(takes('http://localhost:4000')).toBe(true);
    expect(takes('https://evil.test')).toBe(false);
    expect(linkedinSettings.schema.safeParse({ ...own, issuer: 'https://evil.test' }).success).toBe(false);
  });
});
