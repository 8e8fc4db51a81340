import { createHash, generateKeyPairSync, randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, SignJWT, type JWK } from 'jose';
import { freePort } from './free-port.js';

export type Json = Record<string, unknown>;

/** An answer said in full, where a script wants another status, type or body than the honest one. */
export class Raw {
  constructor(
    readonly body: string | Buffer,
    readonly status = 200,
    readonly headers: Record<string, string> = { 'content-type': 'application/json' },
  ) {}
}

export interface SigningKey {
  kid: string | undefined;
  alg: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** Where the provider departs from the standard. Everything left out is done as it should be. */
export interface Script {
  discovery?: (document: Json) => Json | Raw;
  jwks?: (set: { keys: JWK[] }) => unknown;
  /** The authorization response, before it is sent. */
  response?: (parameters: URLSearchParams) => void;
  claims?: (claims: Json) => Json;
  header?: (header: { alg: string; kid?: string; typ?: string }) => Json;
  /** A whole ID token of the test's own making. */
  idToken?: (claims: Json) => string | Promise<string>;
  tokens?: (body: Json) => Json | Raw | Promise<Json | Raw>;
  userinfo?: (claims: Json) => Json | Raw | Promise<Json | Raw>;
  /** Answers anything at all, before anybody else does. */
  anything?: (request: Heard) => Raw | undefined | Promise<Raw | undefined>;
}

export interface Heard {
  method: string;
  path: string;
  query: URLSearchParams;
  form: URLSearchParams;
  authorization: string | undefined;
}

export interface HostileOp {
  issuer: string;
  script: Script;
  /** Who signs in there; undefined: nobody is signed in, and whoever may be shown a page signs in as `person`. */
  person: Json & { sub: string };
  session: { sid: string; authTime: number } | undefined;
  /** `error` of the next authorization responses. */
  error: string | undefined;
  clients: Map<string, string>;
  keys: SigningKey[];
  heard: Heard[];
  /** A new key in place of the old ones, or beside them. */
  rotate(alg?: 'RS256' | 'ES256', options?: { keep?: boolean; kid?: string | undefined }): SigningKey;
  sign(claims: Json, header?: Json, key?: SigningKey): Promise<string>;
  /** What the browser brings back: the authorization request is opened there, and the person signs in. */
  answer(authorizationUrl: URL): Promise<{ method: 'GET' | 'POST'; parameters: URLSearchParams }>;
  close(): Promise<void>;
}

const seconds = (): number => Math.floor(Date.now() / 1_000);
const halfHash = (text: string): string =>
  createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');

/**
 * An OpenID provider that does what it is told: honest in every line that no script changes, so that a test which
 * changes one line shows what that line is worth. Speaks discovery, code flow with PKCE, PAR, userinfo and logout.
 */
export async function startHostileOp({ path = '', port = 0 } = {}): Promise<HostileOp> {
  const bound = port === 0 ? await freePort() : port;
  const issuer = `http://localhost:${bound}${path}`;
  const codes = new Map<string, { request: URLSearchParams; session: { sid: string; authTime: number } }>();
  const accessTokens = new Set<string>();
  const pushed = new Map<string, URLSearchParams>();

  const op: HostileOp = {
    issuer,
    script: {},
    person: { sub: 'jane', email: 'jane@acme.test', email_verified: true, name: 'Jane' },
    session: undefined,
    error: undefined,
    clients: new Map([['broker', 'a client secret of more than 32 bytes']]),
    keys: [],
    heard: [],
    rotate: (alg = 'RS256', { keep = false, kid = `key-${randomUUID()}` } = {}) => {
      const pair =
        alg === 'RS256'
          ? generateKeyPairSync('rsa', { modulusLength: 2_048 })
          : generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const key: SigningKey = { kid, alg, ...pair };
      op.keys = keep ? [key, ...op.keys] : [key];
      return key;
    },
    sign: async (claims, header = {}, key = firstOf(op.keys)) => {
      const said = { alg: key.alg, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }), ...header };
      return new SignJWT(claims).setProtectedHeader(said).sign(key.privateKey);
    },
    answer: async (authorizationUrl) => {
      const answer = await fetch(authorizationUrl, { redirect: 'manual' });
      const location = answer.headers.get('location');
      if (location !== null) return { method: 'GET', parameters: new URL(location).searchParams };
      const text = await answer.text();
      const parameters = new URLSearchParams(
        [...text.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
          name,
          unescaped(value),
        ]),
      );
      if (answer.status !== 200 || parameters.size === 0) throw new Error(`no answer: ${answer.status} ${text}`);
      return { method: 'POST', parameters };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  op.rotate();

  const discovery = (): Json => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    userinfo_endpoint: `${issuer}/userinfo`,
    end_session_endpoint: `${issuer}/end`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'ES256'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  });

  const jwks = async (): Promise<{ keys: JWK[] }> => ({
    keys: await Promise.all(
      op.keys.map(async ({ publicKey, kid, alg }) => ({
        ...(await exportJWK(publicKey)),
        use: 'sig',
        alg,
        ...(kid !== undefined && { kid }),
      })),
    ),
  });

  function authorize(query: URLSearchParams): Raw {
    const request = pushed.get(query.get('request_uri') ?? '') ?? query;
    const prompt = request.get('prompt')?.split(' ') ?? [];
    const error = op.error ?? (prompt.includes('none') && !op.session ? 'login_required' : undefined);
    const parameters = new URLSearchParams({ state: request.get('state') ?? '', iss: issuer });
    if (error !== undefined) parameters.set('error', error);
    else {
      const mustProve = !op.session || prompt.includes('login') || request.get('max_age') === '0';
      const session = (op.session = mustProve || !op.session ? { sid: randomUUID(), authTime: seconds() } : op.session);
      const code = randomBytes(16).toString('hex');
      codes.set(code, { request, session });
      parameters.set('code', code);
    }
    op.script.response?.(parameters);
    const to = new URL(request.get('redirect_uri') ?? '');
    if (request.get('response_mode') === 'form_post') return formPost(to, parameters);
    to.search = parameters.toString();
    return new Raw('', 303, { location: to.href });
  }

  function isClient({ form, authorization }: Heard): string | undefined {
    const [id = '', secret = ''] = authorization?.startsWith('Basic ')
      ? Buffer.from(authorization.slice(6), 'base64')
          .toString()
          .split(':')
          .map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
      : [form.get('client_id') ?? '', form.get('client_secret') ?? ''];
    const expected = op.clients.get(id);
    // A client registered with a key proves itself by an assertion, which the test reads for itself.
    const holds = expected === '' ? form.has('client_assertion') || form.has('client_secret') : expected === secret;
    return expected !== undefined && holds ? id : undefined;
  }

  async function token(heard: Heard): Promise<Json | Raw> {
    const clientId = isClient(heard);
    if (clientId === undefined) return failure('invalid_client', 401);
    const { form } = heard;
    const given = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    if (!given || given.request.get('redirect_uri') !== form.get('redirect_uri')) return failure('invalid_grant');
    const challenge = given.request.get('code_challenge');
    const verifier = form.get('code_verifier');
    const right = verifier !== null && createHash('sha256').update(verifier).digest('base64url') === challenge;
    if (challenge === null ? verifier !== null : !right) return failure('invalid_grant');
    const accessToken = randomBytes(16).toString('hex');
    accessTokens.add(accessToken);
    const nonce = given.request.get('nonce');
    const honest: Json = {
      iss: issuer,
      aud: clientId,
      ...op.person,
      iat: seconds(),
      exp: seconds() + 300,
      auth_time: given.session.authTime,
      sid: given.session.sid,
      at_hash: halfHash(accessToken),
      ...(nonce !== null && { nonce }),
    };
    const claims = op.script.claims?.(honest) ?? honest;
    const key = firstOf(op.keys);
    const usual = { alg: key.alg, typ: 'JWT', ...(key.kid !== undefined && { kid: key.kid }) };
    const header = op.script.header?.(usual) ?? usual;
    const idToken = await (op.script.idToken?.(claims) ??
      new SignJWT(claims).setProtectedHeader({ alg: key.alg, ...header }).sign(key.privateKey));
    const body: Json = { access_token: accessToken, token_type: 'Bearer', expires_in: 300, id_token: idToken };
    return (await op.script.tokens?.(body)) ?? body;
  }

  async function userinfo({ authorization }: Heard): Promise<Json | Raw> {
    if (!accessTokens.has(authorization?.replace(/^Bearer /, '') ?? '')) return failure('invalid_token', 401);
    return (await op.script.userinfo?.({ ...op.person })) ?? { ...op.person };
  }

  function push(heard: Heard): Json | Raw {
    if (isClient(heard) === undefined) return failure('invalid_client', 401);
    const uri = `urn:ietf:params:oauth:request_uri:${randomUUID()}`;
    pushed.set(uri, heard.form);
    return new Raw(JSON.stringify({ request_uri: uri, expires_in: 60 }), 201);
  }

  async function route(heard: Heard): Promise<Json | Raw> {
    const scripted = await op.script.anything?.(heard);
    if (scripted) return scripted;
    switch (heard.path.slice(path.length)) {
      case '/.well-known/openid-configuration':
        return op.script.discovery?.(discovery()) ?? discovery();
      case '/jwks': {
        const set = await jwks();
        const said = op.script.jwks?.(set) ?? set;
        return said instanceof Raw ? said : new Raw(JSON.stringify(said));
      }
      case '/authorize':
        return authorize(heard.query);
      case '/token':
        return token(heard);
      case '/userinfo':
        return userinfo(heard);
      case '/par':
        return push(heard);
      case '/end': {
        op.session = undefined;
        const back = new URL(heard.query.get('post_logout_redirect_uri') ?? issuer);
        back.searchParams.set('state', heard.query.get('state') ?? '');
        return new Raw('', 303, { location: back.href });
      }
      default:
        return new Raw('not here', 404, { 'content-type': 'text/plain' });
    }
  }

  const server = createServer((req, res) => {
    void hear(req)
      .then((heard) => {
        op.heard.push(heard);
        return route(heard);
      })
      .then((answer) => write(res, answer instanceof Raw ? answer : new Raw(JSON.stringify(answer))))
      .catch((error: unknown) => write(res, new Raw(String(error), 500, { 'content-type': 'text/plain' })));
  });
  await new Promise<void>((resolve) => server.listen(bound, '127.0.0.1', () => resolve()));
  return op;
}

async function hear(req: IncomingMessage): Promise<Heard> {
  let text = '';
  req.setEncoding('utf8');
  for await (const chunk of req) text += String(chunk);
  const url = new URL(req.url ?? '/', 'http://localhost');
  return {
    method: req.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    form: new URLSearchParams(text),
    authorization: req.headers.authorization,
  };
}

function write(res: ServerResponse, { status, headers, body }: Raw): void {
  res.writeHead(status, headers).end(body);
}

const failure = (error: string, status = 400): Raw => new Raw(JSON.stringify({ error }), status);

function formPost(to: URL, parameters: URLSearchParams): Raw {
  const inputs = [...parameters].map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`,
  );
  const page = `<!doctype html><form method="post" action="${to.href}">${inputs.join('')}<button>Continue</button></form>`;
  return new Raw(page, 200, { 'content-type': 'text/html' });
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&');

function firstOf<T>(all: readonly T[]): T {
  const [first] = all;
  if (first === undefined) throw new Error('there is none');
  return first;
}
