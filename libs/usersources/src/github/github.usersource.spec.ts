import { createSafeFetch } from '@passbroker/platform';
import { startSocialProvider, type SocialProvider } from '@passbroker/testing';
import { openUsersource } from '../registry.js';
import { PLAIN, replyOf } from '../../test/op-walk.js';
import { toolsFor } from '../../test/tools.js';
import { githubSettings } from './github.settings.js';

let there: SocialProvider;
beforeAll(async () => {
  there = await startSocialProvider();
});
afterAll(() => there.close());
beforeEach(() => {
  there.error = undefined;
  there.tokens = undefined;
  there.answers = new Map<string, unknown>([
    ['/api.github.com/user', { id: 583231, login: 'jane', name: 'Jane', email: 'shown@acme.test' }],
    [
      '/api.github.com/user/emails',
      [
        { email: 'old@acme.test', primary: false, verified: true },
        { email: 'jane@acme.test', primary: true, verified: true },
      ],
    ],
  ]);
});

const open = (secret = there.clientSecret) => {
  const tools = {
    ...toolsFor('github', () => new Date()),
    fetch: createSafeFetch({ allowPrivate: true, timeoutMs: 2_000 }),
  };
  return openUsersource('github', { clientId: 'broker', clientSecret: secret, standIn: there.origin }, tools);
};
const begin = async (usersource = open()) => {
  const step = await usersource.begin('t', PLAIN);
  if (step.go !== 'redirect') throw new Error('not a redirect');
  return step;
};
const signIn = async (usersource = open()) => {
  const { to, carry } = await begin(usersource);
  return usersource.finish(replyOf(await there.answer(to)), carry);
};

describe('github', () => {
  it('says who somebody is, by a number that never changes', async () => {
    const { to } = await begin();
    expect(Object.fromEntries(to.searchParams)).toMatchObject({ code_challenge_method: 'S256', client_id: 'broker' });
    expect(await signIn()).toMatchObject({
      usersource: 'github',
      subject: '583231',
      claims: { username: 'jane', name: 'Jane', email: 'jane@acme.test', emailVerified: true },
    });
  });

  it('takes no address that GitHub has not verified', async () => {
    there.answers.set('/api.github.com/user/emails', [{ email: 'boss@acme.test', primary: true, verified: false }]);
    expect((await signIn()).claims).not.toHaveProperty('email');
  });

  it('refuses a profile without a number', async () => {
    there.answers.set('/api.github.com/user', { login: 'jane' });
    await expect(signIn()).rejects.toMatchObject({ code: 'upstream.malformed' });
  });

  it('refuses an answer that is another’s, is there twice, or was never asked for', async () => {
    const usersource = open();
    const mine = await begin(usersource);
    const theirs = await there.answer((await begin(usersource)).to);
    await expect(usersource.finish(replyOf(theirs), mine.carry)).rejects.toMatchObject({ code: 'upstream.refused' });
    theirs.set('state', (await there.answer(mine.to)).get('state') ?? '');
    // The right state around the code of another sign-in: PKCE tells.
    await expect(usersource.finish(replyOf(theirs), mine.carry)).rejects.toMatchObject({ code: 'upstream.refused' });
    const own = await there.answer(mine.to);
    await expect(usersource.finish(replyOf(own), {})).rejects.toMatchObject({ code: 'transaction.expired' });
    const twice = replyOf(new URLSearchParams([...own, ['code', 'x']]));
    await expect(usersource.finish(twice, mine.carry)).rejects.toMatchObject({ code: 'upstream.malformed' });
    expect(await usersource.finish(replyOf(own), mine.carry)).toMatchObject({ subject: '583231' });
  });

  it('hears that somebody would rather not, and what is wrong at the token endpoint', async () => {
    there.error = 'access_denied';
    await expect(signIn()).rejects.toMatchObject({ code: 'cancelled' });
    there.error = undefined;
    await expect(signIn(open('another'))).rejects.toMatchObject({ code: 'usersource.misconfigured' });
    const away = { status: 302, body: '', location: 'https://evil.test/' };
    for (const answer of [
      away,
      { status: 200, body: '{"error":"bad_verification_code"}' },
      { status: 400, body: 'canary' },
    ]) {
      there.tokens = () => answer;
      const told = await signIn().then(() => '', String);
      expect(told).toContain('Refusal: upstream.refused');
      expect(told).not.toContain('canary');
    }
    there.tokens = () => ({ status: 500, body: 'canary' });
    await expect(signIn()).rejects.toMatchObject({ code: 'usersource.unreachable' });
  });

  it('has its secret sealed, and a stand-in on this machine only', () => {
    const own = { clientId: 'broker', clientSecret: 'x' };
    expect(githubSettings.secrets).toEqual(['clientSecret']);
    expect(githubSettings.sendsSecretsTo).toContain('standIn');
    expect(githubSettings.schema.safeParse({ ...own, standIn: 'https://evil.test' }).success).toBe(false);
    expect(githubSettings.schema.safeParse({ ...own, standIn: 'http://127.0.0.1:9' }).success).toBe(true);
  });
});
