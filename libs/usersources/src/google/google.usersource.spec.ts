import { startHostileOp, type HostileOp } from '@passbroker/testing';
import { walkWith } from '../../test/op-walk.js';
import { googleSettings } from './google.settings.js';

let op: HostileOp;
beforeAll(async () => {
  op = await startHostileOp({ path: '/accounts.google.com' });
});
afterAll(() => op.close());

const SECRET = 'a client secret of more than 32 bytes';
const walk = () =>
  walkWith(op, { clientId: 'broker', clientSecret: SECRET, standIn: new URL(op.issuer).origin }, {}, 'google');

describe('google', () => {
  it('says who somebody is, by a number that never changes', async () => {
    op.person = { sub: '110169484474386276334', email: 'jane@gmail.com', email_verified: true, name: 'Jane' };
    const { to } = await walk().begin({ forceFresh: true });
    expect(to.searchParams.get('prompt')).toBe('select_account');
    expect(await walk().signIn()).toMatchObject({
      subject: '110169484474386276334',
      claims: { email: 'jane@gmail.com', emailVerified: true, name: 'Jane' },
    });
  });

  it('refuses a token of another issuer', async () => {
    op.script = { claims: (all) => ({ ...all, iss: 'https://evil.test' }) };
    await expect(walk().signIn()).rejects.toMatchObject({ code: 'upstream.untrusted' });
    op.script = {};
    expect(await walk().signIn()).toMatchObject({ claims: { name: 'Jane' } });
  });
});

describe('google settings', () => {
  it('has its secret sealed, and a stand-in on this machine only', () => {
    const own = { clientId: 'broker', clientSecret: SECRET };
    const takes = (standIn: string) => googleSettings.schema.safeParse({ ...own, standIn }).success;
    expect(googleSettings.secrets).toEqual(['clientSecret']);
    expect(googleSettings.sendsSecretsTo).toEqual(['standIn']);
    expect(takes('http://localhost:4000')).toBe(true);
    expect(takes('https://evil.test')).toBe(false);
    expect(googleSettings.schema.safeParse({ ...own, issuer: 'https://evil.test' }).success).toBe(false);
  });
});
