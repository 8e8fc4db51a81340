import { randomBytes } from 'node:crypto';
import { importSPKI } from 'jose';
import { Refusal, type IdentityAssertion, type SignInAsk } from '@passbroker/model';
import { listedAddress } from '../addresses/return-url.js';
import { KeySet } from '../openid-connect/key-set.js';
import { readSignedToken, type Claims, type TokenRules } from '../openid-connect/signed-token.js';
import type { Carried, Health, NextStep, Reply, Usersource, UsersourceTools, UsersourceType } from '../usersource.js';
import { readJwtAnswer, type JwtAnswer } from './answer.js';
import { DIALECTS, type Dialect } from './dialects.js';
import { identityFrom } from './identity.js';
import { isSymmetric, jwtSettings, type JwtSettings } from './jwt.settings.js';
import { checkToken } from './token.js';

/** It travels in an address: no script sends a longer one, and what is longer is not parsed. */
const MAX_TOKEN_CHARS = 16_384;

export const jwt: UsersourceType<JwtSettings> = {
  type: 'jwt',
  settings: jwtSettings,
  open: (settings, tools) => new JwtUsersource(settings, tools),
};

/**
 * A web site of the company signs its people in and sends them back with a token it has signed:
 *
 *   begin ──► remoteLoginUrl?return=…/jwt?state=… ──► …/jwt?state=…&jwt=… ──► finish
 */
class JwtUsersource implements Usersource {
  private readonly dialect: Dialect;
  private readonly claims: Dialect['claims'];
  private readonly keySet: KeySet;
  private readonly keys: () => Promise<TokenRules['keys']>;

  constructor(
    private readonly settings: JwtSettings,
    private readonly tools: UsersourceTools,
  ) {
    const { preset, claims, jwksUrl = '' } = settings;
    this.dialect = DIALECTS[preset];
    const { subject, email, name, username, groups } = this.dialect.claims;
    this.claims = {
      subject: claims.subject ?? subject,
      email: claims.email ?? email,
      name: claims.name ?? name,
      username: claims.username ?? username,
      groups: claims.groups ?? groups,
    };
    this.keySet = new KeySet(async () => jwksUrl, tools);
    this.keys = once(() => this.readKeys());
  }

  async begin(_transaction: string, ask: SignInAsk): Promise<NextStep> {
    const state = randomBytes(24).toString('base64url');
    const back = new URL(this.tools.doors.jwt);
    back.searchParams.set('state', state);
    const said = { [this.dialect.returnParameter]: back.href, state, ...(ask.silent && { passive: '1' }) };
    const to = withParameters(this.settings.remoteLoginUrl, said);
    return { go: 'redirect', to, carry: { state, ...(ask.silent && { silent: 'yes' }) } };
  }

  async finish(reply: Reply, carried: Carried): Promise<IdentityAssertion> {
    const answer = readJwtAnswer(reply, this.tools.doors.jwt);
    this.checkSolicited(answer, carried);
    const { token } = answer;
    if (token === undefined) {
      if (carried['silent'] === 'yes') {
        throw new Refusal('upstream.login_required', 'nobody is signed in at the remote login');
      }
      throw new Refusal('upstream.malformed', 'an answer without a token');
    }
    if (token.length > MAX_TOKEN_CHARS) throw new Refusal('request.too_large', 'a token longer than any real one');
    const claims = await this.read(token);
    const { once } = checkToken(claims, this.terms());
    const to = listedAddress(answer.returnTo, this.settings.returnUrls);
    return {
      usersource: this.tools.slug,
      ...identityFrom(claims, this.claims),
      authenticatedAt: this.tools.now(),
      methods: [],
      ...(this.settings.remoteLogoutUrl !== undefined && { session: { kept: {} } }),
      once,
      ...(to !== undefined && { to }),
    };
  }

  async end(_session: unknown, state: string): Promise<NextStep | undefined> {
    const { remoteLogoutUrl } = this.settings;
    if (remoteLogoutUrl === undefined) return undefined;
    const back = new URL(this.tools.doors.slo);
    back.searchParams.set('state', state);
    return {
      go: 'redirect',
      to: withParameters(remoteLogoutUrl, { [this.dialect.returnParameter]: back.href }),
      carry: {},
    };
  }

  /** Back from where `end` led: nothing else comes to this door. */
  async ended(): Promise<undefined> {
    return undefined;
  }

  async probe(): Promise<Health> {
    const steps: Health['steps'] = [];
    const attempt = async (step: string, run: () => Promise<string>): Promise<void> => {
      try {
        steps.push({ step, ok: true, detail: await run() });
      } catch (error) {
        steps.push({ step, ok: false, detail: error instanceof Refusal ? error.detail : 'It did not answer.' });
      }
    };
    await attempt('key', async () => {
      const keys = await this.keys();
      return keys instanceof KeySet ? `${(await keys.ask()).keys.length} keys.` : 'The key can be used.';
    });
    await attempt('remote login', async () => {
      const { status } = await this.tools.fetch(this.settings.remoteLoginUrl, { redirect: 'manual' });
      if (status < 500) return `The page answered ${status}.`;
      throw new Refusal('usersource.unreachable', `The page answered ${status}.`);
    });
    return { state: steps.every(({ ok }) => ok) ? 'ok' : 'down', steps };
  }

  /** Login CSRF: a link with somebody else's token must not sign a visitor in as them. */
  private checkSolicited({ state }: JwtAnswer, carried: Carried): void {
    const sent = carried['state'];
    const { unsolicited, state: rule, remoteLoginUrl } = this.settings;
    if (sent === undefined && !unsolicited) {
      throw new Refusal('transaction.expired', `nobody in this browser was sent to ${new URL(remoteLoginUrl).host}`);
    }
    if (state !== undefined && sent !== undefined && state !== sent) {
      throw new Refusal('upstream.untrusted', 'jwt: state is another sign-in’s');
    }
    if (state === undefined && !unsolicited && rule === 'required') {
      throw new Refusal('upstream.untrusted', 'jwt: state did not come back');
    }
  }

  private async read(token: string): Promise<Claims> {
    const rules = {
      algorithms: [this.settings.algorithm],
      types: ['jwt'],
      keys: await this.keys(),
      now: this.tools.now(),
    };
    return (await readSignedToken(token, rules)).claims;
  }

  private terms(): Parameters<typeof checkToken>[1] {
    const { issuer, audience, maxLifetimeSec } = this.settings;
    const { doors } = this.tools;
    const ownNames = [doors.jwt.href, doors.jwt.origin, `${doors.jwt.origin}/`];
    return { needs: this.dialect.needs, maxLifetimeSec, issuer, audience, ownNames, now: this.tools.now() };
  }

  private async readKeys(): Promise<TokenRules['keys']> {
    const { algorithm, secret = '', publicKey } = this.settings;
    if (isSymmetric(algorithm)) return new TextEncoder().encode(secret);
    if (publicKey === undefined) return this.keySet;
    try {
      return await importSPKI(publicKey, algorithm);
    } catch {
      throw new Refusal('usersource.misconfigured', `publicKey is no key for ${algorithm}`);
    }
  }
}

/** Appended as text: the page's own query stays as it was typed. */
function withParameters(address: string, parameters: Record<string, string>): URL {
  const to = new URL(address);
  const more = new URLSearchParams(parameters).toString();
  to.search = to.search === '' ? more : `${to.search}&${more}`;
  return to;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
