import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';

import { PEOPLE, type Return, type Upstream } from '#bench/driver/upstream';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** An OpenID provider that asks nobody anything: RS256 ID tokens, as most upstreams sign them. */
export class ScriptedOp implements Upstream {
  readonly clientId = 'broker';
  readonly clientSecret = randomBytes(32).toString('base64url');
  readonly #key: KeyObject;
  readonly #jwks: string;
  readonly #nonces = new Map<string, string | null>();
  readonly #server: Server;
  #issuer = '';
  #next = 0;

  private constructor() {
    const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#key = pair.privateKey;
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256', use: 'sig' };
    this.#jwks = JSON.stringify({ keys: [jwk] });
    this.#server = createServer((request, response) => {
      let form = '';
      request.on('data', (piece: Buffer) => (form += piece.toString()));
      request.on('end', () => {
        response.setHeader('content-type', 'application/json');
        response.end(this.#answer(request.url ?? '', form));
      });
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start(): Promise<ScriptedOp> {
    const op = new ScriptedOp();
    await new Promise<void>((resolve) => op.#server.listen(0, '127.0.0.1', resolve));
    const address = op.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    op.#issuer = `http://127.0.0.1:${address.port}`;
    return op;
  }

  get issuer(): string {
    return this.#issuer;
  }

  isLogin(url: URL): boolean {
    return url.origin === this.#issuer;
  }

  comeBack(asked: URL): Return {
    const code = randomBytes(16).toString('base64url');
    this.#nonces.set(code, asked.searchParams.get('nonce'));
    const url = new URL(asked.searchParams.get('redirect_uri') ?? '');
    url.search = new URLSearchParams({
      code,
      state: asked.searchParams.get('state') ?? '',
      iss: this.#issuer,
    }).toString();
    return { url };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(url: string, form: string): string {
    if (url.startsWith('/.well-known/')) return this.#discovery();
    if (url.startsWith('/jwks')) return this.#jwks;
    const code = new URLSearchParams(form).get('code') ?? '';
    const nonce = this.#nonces.get(code);
    this.#nonces.delete(code);
    return JSON.stringify({
      access_token: randomBytes(16).toString('base64url'),
      token_type: 'Bearer',
      expires_in: 300,
      id_token: this.#idToken(nonce ?? undefined),
    });
  }

  #idToken(nonce: string | undefined): string {
    const number = (this.#next = (this.#next + 1) % PEOPLE);
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.#issuer,
      aud: this.clientId,
      sub: `op-${number}`,
      email: `op-person-${number}@acme.test`,
      email_verified: true,
      name: `Person ${number}`,
      iat: now,
      auth_time: now,
      exp: now + 300,
      nonce,
    };
    const text = `${part({ alg: 'RS256', kid: 'bench', typ: 'JWT' })}.${part(claims)}`;
    return `${text}.${sign('sha256', Buffer.from(text), this.#key).toString('base64url')}`;
  }

  #discovery(): string {
    return JSON.stringify({
      issuer: this.#issuer,
      authorization_endpoint: `${this.#issuer}/authorize`,
      token_endpoint: `${this.#issuer}/token`,
      jwks_uri: `${this.#issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
      authorization_response_iss_parameter_supported: true,
    });
  }
}
