import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import Provider, { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { Refusal } from '@passbroker/model';
import type { HttpHandler, MountedProtocol, ProtocolTools } from '../protocol.js';
import { OidcClients } from './oidc.clients.js';
import { configuration } from './oidc.configuration.js';
import { asProviderError, problemAnswerer, RETRY_AFTER } from './oidc.errors.js';
import { OidcGrants } from './oidc.grants.js';
import { OidcInteraction } from './oidc.interaction.js';
import { isDocument, methodsOf } from './oidc.routes.js';
import { OidcSignOut } from './oidc.sign-out.js';
import { OidcStorage } from './oidc.storage.js';
import { readForm } from './read-form.js';

const MOUNT = '/oidc';
/** OpenID Discovery at the root of the host, and RFC 8414's place for an issuer with a path. */
const WELL_KNOWN: Record<string, string> = {
  '/.well-known/openid-configuration': '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server/oidc': '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration/oidc': '/.well-known/openid-configuration',
};

export const oidc: MountedProtocol = {
  protocol: 'oidc',
  answers: (pathname) => pathname.startsWith(`${MOUNT}/`) || Object.hasOwn(WELL_KNOWN, pathname),
  open: (tools) => {
    const { provider, signOut } = openProvider(tools);
    const answer = provider.callback();
    const documents = new Map<string, Document>();
    const handler: HttpHandler = (req, res) => {
      const inner = innerUrl(req.url ?? '/');
      const path = inner.split('?', 1)[0] ?? '';
      const methods = methodsOf(path);
      if (!methods) return refuse(res, 404, 'not_found');
      if (!methods.includes(req.method ?? '')) {
        res.setHeader('allow', methods.join(', '));
        return refuse(res, 405, 'method_not_allowed');
      }
      if (isDocument(path) && req.method !== 'OPTIONS') {
        const document = documents.get(path);
        if (document) return serve(req, res, document);
        remember(res, (made) => documents.set(path, made));
      }
      if (req.method === 'POST' && (path === '/auth' || path === '/session/end'))
        return askAgainByGet(tools, path, req, res);
      // With both, the provider knows where it is mounted; without, discovery would name wrong places.
      Reflect.set(req, 'originalUrl', `${MOUNT}${inner}`);
      req.url = inner;
      void answer(req, res);
    };
    return { handler, sessionEnded: (ended) => signOut.sessionEnded(ended) };
  },
};

function innerUrl(url: string): string {
  const [path = '', ...query] = url.split('?');
  const known = Object.hasOwn(WELL_KNOWN, path) ? WELL_KNOWN[path] : undefined;
  return known ?? [path.slice(MOUNT.length), ...query].join('?');
}

/** What the provider calls speaks the provider's errors: a catalog that is away is a 503, not a bug. */
function inItsWords(tools: ProtocolTools): ProtocolTools {
  const rethrow = (error: unknown): never => {
    throw asProviderError(error);
  };
  return {
    ...tools,
    application: (protocol, id) => tools.application(protocol, id).catch(rethrow),
    account: (id, usersource) => tools.account(id, usersource).catch(rethrow),
    endedWith: (pass) => tools.endedWith(pass).catch(rethrow),
  };
}

function openProvider(given: ProtocolTools): { provider: Provider; signOut: OidcSignOut } {
  const tools = inItsWords(given);
  const clients = new OidcClients(tools);
  const storage: OidcStorage = new OidcStorage(
    tools.redis,
    tools.brand.id,
    () => Provider.ctx,
    (): string | undefined => Provider.ctx && interaction.admitted(Provider.ctx)?.session,
  );
  // The rooms know each other and the provider, which is made of them: it is looked up when it is needed.
  const current = (): Provider => provider;
  const grants = new OidcGrants(tools, clients, current);
  const signOut = new OidcSignOut(tools, clients, current, storage);
  const interaction: OidcInteraction = new OidcInteraction(tools, clients, (ctx, session): Promise<void> =>
    signOut.end(ctx, session),
  );
  const problem = problemAnswerer(tools);
  const provider = new Provider(
    `${tools.brand.origin}${MOUNT}`,
    configuration(tools, {
      clients,
      grants,
      interaction,
      storage,
      renderError: (ctx, out, error) => problem(ctx, error, out),
    }),
  );
  provider.proxy = true;
  clients.serve(provider);
  grants.serve(provider);
  interaction.serve(provider);
  Object.defineProperty(provider.ReplayDetection, 'unique', {
    value: (issuer: string, id: string, until: number) =>
      storage.firstUse(issuer, id, until - Math.floor(Date.now() / 1_000)),
  });
  listenToEvents(provider, tools);

  provider.use(async (ctx, next) => {
    try {
      await next();
      await storage.written(ctx);
    } catch (error) {
      // An answer that was ready may lead on with a code that was never stored.
      ctx.remove('location');
      problem(ctx, error);
    }
    if (ctx.status === 503) ctx.set('retry-after', RETRY_AFTER);
    // Koa writes a small page under a redirect, with the address in it.
    if (ctx.status === 303) ctx.body = '';
  });
  provider.use(async (ctx: KoaContextWithOIDC, next) => {
    const uid = /^\/auth\/([^/]+)$/.exec(ctx.path)?.[1];
    if (uid !== undefined) await interaction.back(ctx.req, uid);
    if (ctx.path === '/session/ended') return signOut.answer(ctx, String(ctx.query['signed_out'] ?? ''));
    await next();
    if (ctx.path === '/session/end' && ctx.status === 200) signOut.ask(ctx);
  });
  return { provider, signOut };
}

/** What is worth an audit line. The provider's errors never name a token or a secret. */
function listenToEvents(provider: Provider, tools: ProtocolTools): void {
  const refused = (action: string) => (ctx: KoaContextWithOIDC, error: Error) => {
    if (error instanceof errors.OIDCProviderError && error.status >= 500) return;
    const client = ctx.oidc.client?.clientId;
    tools.audit({
      action,
      outcome: { result: 'refused', code: error.message },
      targets: client === undefined ? [] : [{ type: 'application', id: client }],
      detail: detailOf(error),
    });
  };
  provider.on('grant.error', refused('token.refused'));
  provider.on('introspection.error', refused('token.refused'));
  provider.on('revocation.error', refused('token.refused'));
  provider.on('pushed_authorization_request.error', refused('authorization.refused'));
  provider.on('authorization.success', (ctx) => {
    const { client, account } = ctx.oidc;
    tools.audit({
      action: 'authorization.granted',
      outcome: { result: 'ok', code: 'ok' },
      ...(account === undefined ? {} : { actor: { type: 'account', id: account.accountId } }),
      targets: client === undefined ? [] : [{ type: 'application', id: client.clientId }],
    });
  });
  provider.on('grant.revoked', (ctx) => {
    const client = ctx.oidc.client?.clientId;
    tools.audit({
      action: 'token.revoked',
      outcome: { result: 'ok', code: 'ok' },
      targets: client === undefined ? [] : [{ type: 'application', id: client }],
    });
  });
  provider.on('server_error', (ctx, error) => {
    tools.log.error({ path: ctx.path, err: error.stack ?? error.message }, 'the provider failed');
  });
}

const detailOf = (error: Error): string =>
  'error_detail' in error && typeof error.error_detail === 'string'
    ? error.error_detail
    : 'error_description' in error && typeof error.error_description === 'string'
      ? error.error_description
      : error.message;

interface Document {
  body: Buffer;
  etag: string;
  type: string;
}

/** Keeps the provider's own words, so that discovery and keys are answered without it, and without Redis. */
function remember(res: ServerResponse, keep: (document: Document) => void): void {
  const end = res.end.bind(res);
  const chunkOf = (chunk: unknown): Buffer | undefined =>
    typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.isBuffer(chunk) ? chunk : undefined;
  const remembering = (...args: unknown[]): ServerResponse => {
    const body = chunkOf(args[0]);
    if (res.statusCode === 200 && body && body.length > 0) {
      const type = String(res.getHeader('content-type') ?? 'application/json');
      keep({ body, type, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` });
    }
    return Reflect.apply(end, res, args) as ServerResponse;
  };
  Object.defineProperty(res, 'end', { value: remembering, configurable: true, writable: true });
}

function serve(req: IncomingMessage, res: ServerResponse, document: Document): void {
  res.setHeader('content-type', document.type);
  res.setHeader('cache-control', 'public, max-age=300');
  res.setHeader('etag', document.etag);
  res.setHeader('access-control-allow-origin', '*');
  if (req.headers['if-none-match'] === document.etag) {
    res.writeHead(304);
    res.end();
    return;
  }
  res.setHeader('content-length', document.body.length);
  res.writeHead(200);
  res.end(req.method === 'HEAD' ? undefined : document.body);
}

/**
 * Both endpoints must take a form post (OIDC Core 3.1.2.1, RP-initiated logout 2). A cross-site post carries
 * none of our cookies, so the browser is told to ask the same by GET.
 */
function askAgainByGet(tools: ProtocolTools, path: string, req: IncomingMessage, res: ServerResponse): void {
  readForm(req).then(
    (form) => {
      const to = new URL(`${MOUNT}${path}`, tools.brand.origin);
      to.search = form;
      res.writeHead(303, { location: to.href, 'cache-control': 'no-store' });
      res.end();
    },
    (error: unknown) => {
      const large = error instanceof Refusal && error.code === 'request.too_large';
      refuse(res, large ? 413 : 400, 'invalid_request');
    },
  );
}

function refuse(res: ServerResponse, status: number, error: string): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  res.end(JSON.stringify({ error }));
}
