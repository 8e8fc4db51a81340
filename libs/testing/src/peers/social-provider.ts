import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

/** A public provider of OAuth 2.0, as GitHub, Facebook and X are, at `<origin>/<its host>/…`. */
export interface SocialProvider {
  origin: string;
  clientId: string;
  clientSecret: string;
  /** What its API answers, by path below the origin: `/api.github.com/user`. */
  answers: Map<string, unknown>;
  /** `error` of the next authorization responses. */
  error: string | undefined;
  /** Answers in place of the token endpoint. */
  tokens: ((params: URLSearchParams) => { status: number; body: string; location?: string } | undefined) | undefined;
  heard: { path: string; query: URLSearchParams; form: URLSearchParams; authorization: string | undefined }[];
  /** What the browser brings back. */
  answer(authorizationUrl: URL): Promise<URLSearchParams>;
  close(): Promise<void>;
}

export async function startSocialProvider(): Promise<SocialProvider> {
  const codes = new Map<string, URLSearchParams>();
  const tokens = new Set<string>();

  const authorize = (query: URLSearchParams): string => {
    const to = new URL(query.get('redirect_uri') ?? '');
    to.searchParams.set('state', query.get('state') ?? '');
    if (provider.error !== undefined) {
      to.searchParams.set('error', provider.error);
      return to.href;
    }
    const code = randomBytes(9).toString('hex');
    codes.set(code, query);
    to.searchParams.set('code', code);
    return to.href;
  };

  const redeem = (form: URLSearchParams, authorization: string | undefined): { status: number; body: string } => {
    const basic = Buffer.from(`${provider.clientId}:${provider.clientSecret}`).toString('base64');
    const known = authorization === `Basic ${basic}` || form.get('client_secret') === provider.clientSecret;
    const asked = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (!known) return { status: 401, body: JSON.stringify({ error: 'invalid_client' }) };
    if (asked?.get('code_challenge') !== challenge || asked.get('redirect_uri') !== form.get('redirect_uri')) {
      return { status: 400, body: JSON.stringify({ error: 'invalid_grant' }) };
    }
    const token = randomBytes(9).toString('hex');
    tokens.add(`Bearer ${token}`);
    return { status: 200, body: JSON.stringify({ access_token: token, token_type: 'bearer' }) };
  };

  const server = createServer((req, res) => {
    let text = '';
    req.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    req.on('end', () => {
      const { pathname: path, searchParams: query } = new URL(req.url ?? '/', 'http://localhost');
      const form = new URLSearchParams(text);
      const { authorization } = req.headers;
      provider.heard.push({ path, query, form, authorization });
      if (/\/(authorize|dialog\/oauth)$/.test(path)) return res.writeHead(303, { location: authorize(query) }).end();
      const json = { 'content-type': 'application/json' };
      if (/\/(access_token|token)$/.test(path)) {
        const { status, body, ...more } = provider.tokens?.(form) ?? redeem(form, authorization);
        return res.writeHead(status, { ...json, ...more }).end(body);
      }
      const answer = provider.answers.get(path);
      if (!tokens.has(authorization ?? '')) return res.writeHead(401, json).end('{}');
      return res.writeHead(answer === undefined ? 404 : 200, json).end(JSON.stringify(answer ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const provider: SocialProvider = {
    origin: `http://localhost:${typeof address === 'object' && address ? address.port : 0}`,
    clientId: 'broker',
    clientSecret: 'canary-social-secret',
    answers: new Map(),
    error: undefined,
    tokens: undefined,
    heard: [],
    answer: async (url) => {
      const answer = await fetch(url, { redirect: 'manual' });
      return new URL(answer.headers.get('location') ?? '').searchParams;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return provider;
}
