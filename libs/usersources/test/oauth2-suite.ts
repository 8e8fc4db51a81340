import { createSafeFetch } from '@passbroker/platform';
import { startSocialProvider, type SocialProvider } from '@passbroker/testing';
import { openUsersource } from '../src/registry.js';
import { usersourceSettings } from '../src/settings.js';
import { PLAIN, replyOf } from './op-walk.js';
import { toolsFor } from './tools.js';

/** One social provider on this machine, as one type sees it. */
export interface OAuth2World {
  readonly there: SocialProvider;
  open(secret?: string): ReturnType<typeof openUsersource>;
  begin(usersource?: ReturnType<typeof openUsersource>): Promise<{ to: URL; carry: Record<string, string> }>;
  signIn(usersource?: ReturnType<typeof openUsersource>): ReturnType<ReturnType<typeof openUsersource>['finish']>;
}

/** @param answers what the provider's own API says of the person who signs in, by address */
export function oauth2World(type: string, answers: () => Iterable<[string, unknown]>): OAuth2World {
  let there: SocialProvider | undefined;
  const world: OAuth2World = {
    get there() {
      if (!there) throw new Error('it is started before the first test');
      return there;
    },
    open: (secret = world.there.clientSecret) => {
      const fetch = createSafeFetch({ allowPrivate: true, timeoutMs: 2_000 });
      const settings = { clientId: 'broker', clientSecret: secret, standIn: world.there.origin };
      return openUsersource(type, settings, { ...toolsFor(type, () => new Date()), fetch });
    },
    begin: async (usersource = world.open()) => {
      const step = await usersource.begin('t', PLAIN);
      if (step.go !== 'redirect') throw new Error('not a redirect');
      return { to: step.to, carry: { ...step.carry } };
    },
    signIn: async (usersource = world.open()) => {
      const { to, carry } = await world.begin(usersource);
      return usersource.finish(replyOf(await world.there.answer(to)), carry);
    },
  };
  beforeAll(async () => {
    there = await startSocialProvider();
  });
  afterAll(() => there?.close());
  beforeEach(() => {
    world.there.error = undefined;
    world.there.tokens = undefined;
    world.there.answers = new Map(answers());
  });
  return world;
}

/** What every type on OAuth 2 does, whoever is behind it. `subject`: of the person who signs in. */
export function behavesAsOAuth2(world: OAuth2World, type: string, subject: string): void {
  it('refuses an answer that is another’s, is there twice, or was never asked for', async () => {
    const { there } = world;
    const usersource = world.open();
    const mine = await world.begin(usersource);
    const theirs = await there.answer((await world.begin(usersource)).to);
    await expect(usersource.finish(replyOf(theirs), mine.carry)).rejects.toMatchObject({ code: 'upstream.refused' });
    theirs.set('state', (await there.answer(mine.to)).get('state') ?? '');
    // The right state around the code of another sign-in: PKCE tells.
    await expect(usersource.finish(replyOf(theirs), mine.carry)).rejects.toMatchObject({ code: 'upstream.refused' });
    const own = await there.answer(mine.to);
    await expect(usersource.finish(replyOf(own), {})).rejects.toMatchObject({ code: 'transaction.expired' });
    const twice = replyOf(new URLSearchParams([...own, ['code', 'x']]));
    await expect(usersource.finish(twice, mine.carry)).rejects.toMatchObject({ code: 'upstream.malformed' });
    expect(await usersource.finish(replyOf(own), mine.carry)).toMatchObject({ subject });
  });

  it('hears that somebody would rather not, and what is wrong at the token endpoint', async () => {
    const { there } = world;
    there.error = 'access_denied';
    await expect(world.signIn()).rejects.toMatchObject({ code: 'cancelled' });
    there.error = undefined;
    await expect(world.signIn(world.open('another'))).rejects.toMatchObject({ code: 'usersource.misconfigured' });
    for (const answer of [
      { status: 302, body: '', location: 'https://evil.test/' },
      { status: 200, body: '{"error":"bad_verification_code"}' },
      { status: 400, body: 'canary' },
    ]) {
      there.tokens = () => answer;
      const told = await world.signIn().then(() => '', String);
      expect(told).toContain('Refusal: upstream.refused');
      expect(told).not.toContain('canary');
    }
    there.tokens = () => ({ status: 500, body: 'canary' });
    await expect(world.signIn()).rejects.toMatchObject({ code: 'usersource.unreachable' });
  });

  it('has its secret sealed, and a stand-in on this machine only', () => {
    const settings = usersourceSettings(type);
    const own = { clientId: 'broker', clientSecret: 'x' };
    expect(settings?.secrets).toEqual(['clientSecret']);
    expect(settings?.sendsSecretsTo).toContain('standIn');
    expect(settings?.schema.safeParse({ ...own, standIn: 'https://evil.test' }).success).toBe(false);
    expect(settings?.schema.safeParse({ ...own, standIn: 'http://127.0.0.1:9' }).success).toBe(true);
  });
}
