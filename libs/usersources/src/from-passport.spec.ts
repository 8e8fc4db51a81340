import { fromPassport, type FromPassport, type PassportStrategy } from './from-passport.js';

/** Behaves as published strategies do: outcomes are methods that Passport put on `this`. */
interface Outcomes {
  success(user: unknown): void;
  redirect(to: string): void;
  fail(challenge: unknown): void;
  error(error: unknown): void;
}
interface Request {
  query: Record<string, string>;
  session: Record<string, unknown>;
}

function strategy(authenticate: (this: Outcomes, request: Request) => void): PassportStrategy {
  return { authenticate };
}

const codeFlow = strategy(function (request) {
  const code = request.query['code'];
  if (code === undefined) {
    request.session['oauth'] = { state: 's-1' };
    return this.redirect('https://idp.test/authorize?state=s-1');
  }
  const kept = request.session['oauth'];
  const state = typeof kept === 'object' && kept !== null && 'state' in kept ? kept.state : undefined;
  if (request.query['state'] !== state) return this.fail({ message: 'wrong state' });
  if (code === 'boom') return this.error(new Error('token endpoint answered 500'));
  if (code === 'hang') return undefined;
  setTimeout(() => this.success({ id: `id-of-${code}` }), 1);
});

const usersource = (strategy: PassportStrategy, more: Partial<FromPassport> = {}) =>
  fromPassport({
    slug: 'github',
    strategy,
    toIdentity: (user) => ({
      subject: typeof user === 'object' && user !== null && 'id' in user ? String(user.id) : '',
      claims: {},
    }),
    callbackUrl: new URL('https://login.acme.test/sso/github/callback'),
    now: () => new Date('2030-01-01T00:00:00Z'),
    timeoutMs: 50,
    ...more,
  });

const ASK = { forceFresh: false, silent: false };
const reply = (rawQuery: string) => ({ method: 'GET' as const, rawQuery, fields: {}, remoteAddress: '::1' });

describe('fromPassport', () => {
  it('carries what the strategy left in its session to the callback', async () => {
    const github = usersource(codeFlow);
    const step = await github.begin('t', ASK);
    expect(step.go === 'redirect' && step.to.host).toBe('idp.test');
    expect(await github.finish(reply('code=c1&state=s-1'), step.carry)).toMatchObject({
      usersource: 'github',
      subject: 'id-of-c1',
    });
  });

  it('keeps runs on one strategy object apart', async () => {
    const github = usersource(codeFlow);
    const { carry } = await github.begin('t', ASK);
    const names = Array.from({ length: 50 }, (_, index) => `c${index}`);
    const all = await Promise.all(names.map((name) => github.finish(reply(`code=${name}&state=s-1`), carry)));
    expect(all.map((assertion) => assertion.subject)).toEqual(names.map((name) => `id-of-${name}`));
  });

  it('refuses what the strategy fails, errors on, or never answers', async () => {
    const github = usersource(codeFlow);
    const { carry } = await github.begin('t', ASK);
    await expect(github.finish(reply('code=c1&state=other'), carry)).rejects.toMatchObject({
      code: 'upstream.refused',
    });
    await expect(github.finish(reply('code=c1&state=s-1'), {})).rejects.toMatchObject({ code: 'upstream.refused' });
    await expect(github.finish(reply('code=boom&state=s-1'), carry)).rejects.toMatchObject({
      code: 'upstream.refused',
    });
    await expect(github.finish(reply('code=hang&state=s-1'), carry)).rejects.toMatchObject({
      code: 'usersource.unreachable',
    });
    await expect(github.finish(reply(''), carry)).rejects.toMatchObject({ code: 'upstream.malformed' });
  });

  it('refuses a strategy that throws or names nobody', async () => {
    const throwing = usersource(
      strategy(() => {
        throw new TypeError('res.setHeader is not a function');
      }),
    );
    await expect(throwing.begin('t', ASK)).rejects.toMatchObject({ code: 'upstream.refused' });
    const nobody = usersource(
      strategy(function () {
        this.success(false);
      }),
    );
    await expect(nobody.finish(reply('x=1'), {})).rejects.toMatchObject({ code: 'upstream.refused' });
  });
});
