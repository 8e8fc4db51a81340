import { startHostileOp, type HostileOp, type Json } from '@passbroker/testing';
import { postOf, replyOf, walkWith } from '../../test/op-walk.js';
import { LOGOUT_EVENT, wrongLogoutTokens } from '../../test/wrong-tokens.js';

let op: HostileOp;
beforeAll(async () => {
  op = await startHostileOp();
});
afterAll(() => op.close());

const seconds = (): number => Math.floor(Date.now() / 1_000);
const honest = (): Json => ({
  iss: op.issuer,
  aud: 'broker',
  iat: seconds(),
  exp: seconds() + 120,
  jti: 'j-1',
  sub: 'jane',
  sid: 's-1',
  events: { [LOGOUT_EVENT]: {} },
});
const hear = async (token: string, settings: Record<string, unknown> = {}) =>
  walkWith(op, settings).usersource.ended?.(postOf(new URLSearchParams({ logout_token: token })));
const told = async (more: Json = {}, header: Json = { typ: 'logout+jwt' }) =>
  hear(await op.sign(JSON.parse(JSON.stringify({ ...honest(), ...more })), header));

describe('back-channel logout', () => {
  it('says whose session has ended, once', async () => {
    const heard = await told();
    expect(heard).toMatchObject({ subject: 'jane', index: 's-1', once: { key: 'logout j-1' } });
    expect(heard?.once?.until.getTime()).toBeGreaterThan(Date.now() + 300_000);
    expect(await told({ sid: undefined })).toMatchObject({ subject: 'jane' });
    expect(await told({ sub: undefined })).toMatchObject({ index: 's-1' });
    // Older providers leave the type as it was.
    expect(await told({}, {})).toMatchObject({ subject: 'jane' });
  });

  it.each(wrongLogoutTokens(seconds()))('OIDC-RP-026: refuses a token %s', async (_what, more, typ) => {
    await expect(told(more, { typ })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    expect(await told()).toMatchObject({ subject: 'jane' });
  });

  it('OIDC-RP-026: refuses a forged token, and one that is not there', async () => {
    const own = op.keys;
    const foreign = op.rotate('RS256', { kid: own[0]?.kid });
    op.keys = own;
    await expect(hear(await op.sign(honest(), { typ: 'logout+jwt' }, foreign))).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    await expect(hear(`${encoded({ alg: 'none' })}.${encoded(honest())}.`)).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    await expect(hear('')).rejects.toMatchObject({ code: 'upstream.malformed' });
    await expect(walkWith(op).usersource.ended?.(postOf(new URLSearchParams()))).rejects.toMatchObject({
      code: 'upstream.malformed',
    });
    expect(await told()).toMatchObject({ subject: 'jane' });
  });
});

describe('front-channel logout', () => {
  const framed = (query: Record<string, string> | string, on = true) =>
    walkWith(op, { frontChannelLogout: on }).usersource.ended?.(replyOf(new URLSearchParams(query)));

  it('ends the one session whose name the frame knows', async () => {
    expect(await framed({ iss: op.issuer, sid: 's-1' })).toEqual({ index: 's-1' });
  });

  it.each<[string, (issuer: string) => Record<string, string> | string, boolean]>([
    ['no issuer', () => ({ sid: 's-1' }), true],
    ['another issuer', () => ({ iss: 'https://evil.test', sid: 's-1' }), true],
    ['no session', (iss) => ({ iss }), true],
    ['an empty session', (iss) => ({ iss, sid: '' }), true],
    ['two sessions', (iss) => `iss=${encodeURIComponent(iss)}&sid=s-1&sid=s-2`, true],
    ['two issuers', (iss) => `iss=${encodeURIComponent(iss)}&iss=x&sid=s-1`, true],
    ['a connection that has it switched off', (iss) => ({ iss, sid: 's-1' }), false],
  ])('OIDC-RP-027: refuses a frame with %s', async (_what, query, on) => {
    await expect(framed(query(op.issuer), on)).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('takes the way back from our own sign-out for what it is', async () => {
    expect(await framed({ state: 's' })).toBeUndefined();
    expect(await framed({})).toBeUndefined();
  });
});
