import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { decodeProtectedHeader } from 'jose';
import { listen, openFrame, signatureChecker } from '@passbroker/platform';
import { describeWith } from '@passbroker/testing';
import { bindingHash } from '@passbroker/sign-in';
import { RelyingParty, verified } from './world/relying-party.js';
import { startWorld, type World } from './world/world.js';

describeWith('redis', 'signing out of OpenID Connect', () => {
  let world: World;
  let desk: RelyingParty;
  let wiki: RelyingParty;
  let receiver: Server;
  const told: { path: string; token: string }[] = [];

  beforeAll(async () => {
    world = await startWorld();
    receiver = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      req.on('end', () => {
        told.push({ path: req.url ?? '', token: new URLSearchParams(body).get('logout_token') ?? '' });
        res.end();
      });
    });
    const port = await listen(receiver, 0, '127.0.0.1');
    await world.application('desk', { backchannel_logout_uri: `http://127.0.0.1:${port}/desk` });
    await world.application('wiki', { backchannel_logout_uri: `http://127.0.0.1:${port}/wiki` });
    await world.application('deaf', { backchannel_logout_uri: 'http://127.0.0.1:1/deaf' });
    desk = new RelyingParty(world, 'desk');
    wiki = new RelyingParty(world, 'wiki');
  });
  beforeEach(() => void told.splice(0));
  afterAll(async () => {
    receiver.closeAllConnections();
    receiver.close();
    await world.close();
  });

  const endPath = (parameters: Record<string, string>): string =>
    `/oidc/session/end?${new URLSearchParams(parameters).toString()}`;

  it('by an application: all are told, tokens die, and the browser goes where the application asked', async () => {
    const visitor = world.visitor();
    const one = await desk.login(visitor);
    const two = await wiki.login(visitor);
    const asked = await visitor.go(
      endPath({ id_token_hint: one.id_token, post_logout_redirect_uri: 'https://desk.test/bye', state: 's1' }),
    );
    expect([asked.status, asked.location?.pathname, asked.text]).toEqual([303, '/logout', '']);
    const ended = await visitor.go(await world.signedOut(asked.location?.searchParams.get('then')));
    expect([ended.status, ended.location?.href]).toEqual([303, 'https://desk.test/bye?state=s1']);
    expect(told.map(({ path }) => path).sort()).toEqual(['/desk', '/wiki']);
    expect((await desk.userinfo(one.access_token)).status).toBe(401);
    expect((await wiki.refresh(two.refresh_token ?? '')).json()).toMatchObject({ error: 'invalid_grant' });
    expect([...visitor.cookies.values()].some(({ name }) => name === 'passbroker_op')).toBe(false);
  });

  it('OIDC-OP-055: a logout token is no id_token', async () => {
    const visitor = world.visitor();
    const { id_token: hint } = await desk.login(visitor);
    const asked = await visitor.go(endPath({ id_token_hint: hint }));
    await visitor.go(await world.signedOut(asked.location?.searchParams.get('then')));
    const token = told.find(({ path }) => path === '/desk')?.token ?? '';
    expect(decodeProtectedHeader(token).typ).toBe('logout+jwt');
    const { claims } = await verified(world, token, 'desk');
    expect(claims).toMatchObject({
      sub: 'ac_jo',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(claims).toHaveProperty('sid');
    expect(claims).not.toHaveProperty('nonce');
  });

  it('OIDC-OP-054: is confirmed only by the person\u2019s own id_token', async () => {
    const check = signatureChecker(world.minterIdentity.publicKeys);
    const confirmed = (then: string | null | undefined): unknown =>
      openFrame(then ?? '', 'sign-out', 'minter', (_from, bytes, signature) => check(bytes, signature), new Date())
        .body;
    const visitor = world.visitor();
    const { id_token: own } = await desk.login(visitor);
    const { id_token: foreign } = await desk.login(world.visitor(), {}, { account: 'ac_kim' });
    const ask = async (parameters: Record<string, string>) =>
      confirmed((await visitor.go(endPath(parameters))).location?.searchParams.get('then'));
    expect(await ask({ id_token_hint: own })).toMatchObject({
      ...{ confirmed: true, account: 'ac_jo', application: 'app_desk', returnTo: '/oidc/session/ended' },
    });
    expect(await ask({ id_token_hint: foreign })).toMatchObject({ confirmed: false });
    expect(await ask({ client_id: 'desk' })).toMatchObject({ confirmed: false });
    expect(await ask({})).toMatchObject({ confirmed: false });
  });

  it('leaves the others alone when the person chose to stay', async () => {
    const visitor = world.visitor();
    const one = await desk.login(visitor);
    const two = await wiki.login(visitor);
    const asked = await visitor.go(
      endPath({ id_token_hint: one.id_token, post_logout_redirect_uri: 'https://desk.test/bye' }),
    );
    const back = await visitor.go(await world.signedOut(asked.location?.searchParams.get('then'), false));
    expect(back.location?.href).toBe('https://desk.test/bye');
    expect(told.map(({ path }) => path)).toEqual(['/desk']);
    expect((await desk.userinfo(one.access_token)).status).toBe(401);
    expect((await wiki.userinfo(two.access_token)).status).toBe(200);
  });

  it('by the gateway alone: all are told and the browser ends on the signed-out page', async () => {
    const visitor = world.visitor();
    const one = await desk.login(visitor);
    const back = await visitor.go(`/oidc/session/ended?signed_out=${world.signedOutFrame({ id: '', ended: true })}`);
    expect(back.location?.pathname).toBe('/signed-out');
    expect(told.map(({ path }) => path)).toEqual(['/desk']);
    expect((await desk.userinfo(one.access_token)).status).toBe(401);
  });

  it('works for somebody who never signed in', async () => {
    const visitor = world.visitor();
    const asked = await visitor.go(endPath({ client_id: 'desk', post_logout_redirect_uri: 'https://desk.test/bye' }));
    expect(asked.location?.pathname).toBe('/logout');
    const back = await visitor.go(await world.signedOut(asked.location?.searchParams.get('then')));
    expect(back.location?.href).toBe('https://desk.test/bye');
  });

  it('OIDC-OP-051, 053: nobody is sent to an address that is not registered, nor on a spoilt hint', async () => {
    const visitor = world.visitor();
    const { id_token: hint } = await desk.login(visitor);
    const evil = await visitor.go(endPath({ id_token_hint: hint, post_logout_redirect_uri: 'https://evil.test/' }));
    expect(evil.location?.pathname).toBe('/problem');
    const spoilt = await visitor.go(
      endPath({ id_token_hint: `${hint.slice(0, -4)}AAAA`, post_logout_redirect_uri: 'https://desk.test/bye' }),
    );
    expect(spoilt.location?.pathname).toBe('/problem');
    const bare = await visitor.go(endPath({ post_logout_redirect_uri: 'https://desk.test/bye' }));
    const back = await visitor.go(await world.signedOut(bare.location?.searchParams.get('then')));
    expect(back.location?.pathname).toBe('/signed-out');
  });

  it('the gateway\u2019s word is good once, in the browser that asked, while it lasts, and from nobody else', async () => {
    const visitor = world.visitor();
    const one = await desk.login(visitor);
    const asked = await visitor.go(endPath({ id_token_hint: one.id_token }));
    const path = await world.signedOut(asked.location?.searchParams.get('then'));
    const code = async (who: typeof visitor, at: string) => (await who.go(at)).location?.searchParams.get('code');
    expect(await code(world.visitor(), path)).toBe('transaction.other_browser');
    const fresh = await world.signedOut(asked.location?.searchParams.get('then'));
    expect((await visitor.go(fresh)).location?.pathname).toBe('/signed-out');
    expect(await code(visitor, fresh)).toBe('replayed');
    expect(
      await code(visitor, `/oidc/session/ended?signed_out=${world.signedOutFrame({ id: '', ended: true }, -1)}`),
    ).toBe('bus.late');
    expect(await code(visitor, '/oidc/session/ended?signed_out=a.b')).toBe('bus.unauthentic');
    expect(await code(visitor, '/oidc/session/ended')).toBe('bus.unauthentic');
    const bound = world.signedOutFrame({ id: '', ended: true, browser: bindingHash('x'.repeat(43)) });
    expect(await code(visitor, `/oidc/session/ended?signed_out=${bound}`)).toBe('transaction.other_browser');
  });

  it('an application that does not answer keeps nobody signed in', async () => {
    const visitor = world.visitor();
    const one = await new RelyingParty(world, 'deaf').login(visitor);
    const back = await visitor.go(`/oidc/session/ended?signed_out=${world.signedOutFrame({ id: '', ended: true })}`);
    expect(back.location?.pathname).toBe('/signed-out');
    expect((await desk.userinfo(one.access_token)).status).toBe(401);
    expect(world.audit.some(({ action }) => action === 'application.logout_failed')).toBe(true);
  });

  it('may be asked for by a form post', async () => {
    const visitor = world.visitor();
    const { id_token: hint } = await desk.login(visitor);
    const posted = await visitor.go('/oidc/session/end', { form: { id_token_hint: hint } });
    expect([posted.status, posted.location?.pathname]).toEqual([303, '/oidc/session/end']);
    const asked = await visitor.go(`${posted.location?.pathname}${posted.location?.search}`);
    expect(asked.location?.pathname).toBe('/logout');
  });
});
