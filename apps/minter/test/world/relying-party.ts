import { createHash, randomBytes } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { SignInOutcome } from '@passbroker/model';
import type { Answer, Send, Visitor } from './visitor.js';
import { ORIGIN, SECRET, type World } from './world.js';

export interface Question {
  path: string;
  verifier: string;
  nonce: string;
  state: string;
}

export const basic = (client: string, secret = SECRET): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`,
});

export const tokensShape = z.looseObject({
  access_token: z.string(),
  id_token: z.string(),
  refresh_token: z.string().optional(),
  token_type: z.string(),
  scope: z.string().optional(),
});
export type Tokens = z.infer<typeof tokensShape>;

/** An application that does everything right, so that a test can do one thing wrong. */
export class RelyingParty {
  constructor(
    private readonly world: World,
    readonly clientId: string,
  ) {}

  get redirectUri(): string {
    return `https://${this.clientId}.test/cb`;
  }

  question(extra: Record<string, string | undefined> = {}): Question {
    const verifier = randomBytes(32).toString('base64url');
    const [nonce, state] = [randomBytes(9).toString('base64url'), randomBytes(9).toString('base64url')];
    const query = new URLSearchParams();
    const parameters: Record<string, string | undefined> = {
      client_id: this.clientId,
      response_type: 'code',
      scope: 'openid profile email groups',
      redirect_uri: this.redirectUri,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      nonce,
      state,
      ...extra,
    };
    for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, value);
    return { path: `/oidc/auth?${query.toString()}`, verifier, nonce, state };
  }

  /** From the question to the answer at the application's address. */
  async walk(
    visitor: Visitor,
    extra: Record<string, string | undefined> = {},
    outcome: Parameters<World['complete']>[2] = {},
    replica = 0,
  ): Promise<{ question: Question; answer: URL }> {
    const question = this.question(extra);
    const asked = await visitor.go(question.path, {}, replica);
    if (asked.status !== 303 || !asked.location?.pathname.startsWith('/sign-in/')) {
      throw new Error(`not sent to the gateway: ${asked.status} ${asked.location?.href ?? asked.text}`);
    }
    await this.world.complete(visitor, asked.location, outcome);
    const back = await visitor.go(`/oidc/auth/${asked.location.pathname.split('/')[2] ?? ''}`, {}, replica);
    if (!back.location) throw new Error(`no answer: ${back.status} ${back.text}`);
    return { question, answer: back.location };
  }

  redeem(
    code: string,
    question: Question,
    extra: Record<string, string> = {},
    send: Send = {},
    replica = 0,
  ): Promise<Answer> {
    return this.world.call(
      '/oidc/token',
      {
        form: {
          grant_type: 'authorization_code',
          code,
          redirect_uri: this.redirectUri,
          code_verifier: question.verifier,
          ...extra,
        },
        headers: { ...basic(this.clientId), ...send.headers },
      },
      replica,
    );
  }

  refresh(token: string, extra: Record<string, string> = {}, replica = 0): Promise<Answer> {
    const form = { grant_type: 'refresh_token', refresh_token: token, ...extra };
    return this.world.call('/oidc/token', { form, headers: basic(this.clientId) }, replica);
  }

  async login(
    visitor: Visitor,
    extra: Record<string, string | undefined> = {},
    outcome: Partial<Extract<SignInOutcome, { admitted: true }>> = {},
  ): Promise<Tokens & { question: Question; code: string }> {
    const { question, answer } = await this.walk(visitor, extra, outcome);
    const code = answer.searchParams.get('code') ?? '';
    const redeemed = await this.redeem(code, question);
    if (redeemed.status !== 200) throw new Error(`not redeemed: ${redeemed.status} ${redeemed.text} ${answer.href}`);
    return { ...tokensShape.parse(redeemed.json()), question, code };
  }

  introspect(token: string, client = this.clientId): Promise<Answer> {
    return this.world.call('/oidc/token/introspection', { form: { token }, headers: basic(client) });
  }

  userinfo(token: string): Promise<Answer> {
    return this.world.call('/oidc/me', { headers: { authorization: `Bearer ${token}` } });
  }
}

/** Checks a token as any library would, with the keys that are published now. */
export async function verified(
  world: World,
  token: string,
  audience: string,
): Promise<{ claims: JWTPayload; kid: string; alg: string; typ: string | undefined }> {
  const answer = await world.call('/oidc/jwks');
  const set = createLocalJWKSet(z.object({ keys: z.array(z.looseObject({ kty: z.string() })) }).parse(answer.json()));
  const { payload } = await jwtVerify(token, set, { issuer: `${ORIGIN}/oidc`, audience });
  const header = decodeProtectedHeader(token);
  return { claims: payload, kid: header.kid ?? '', alg: header.alg ?? '', typ: header.typ };
}
