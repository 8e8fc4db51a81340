import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import passport from 'passport';
import { clientAddress, pathOnly } from '@passbroker/platform';
import { AdminModule, OPERATIONS } from './admin.module.js';
import { ChangesDesk } from './changes/changes.desk.js';
import { ApiTokenStrategy } from './auth/api-token.strategy.js';
import { TokenCheck } from './auth/token-check.js';
import { AnswerInterceptor } from './http/answer.js';
import { IdempotencyInterceptor } from './http/idempotency.js';
import { ProblemFilter } from './http/problem.filter.js';
import type { AdminParts } from './parts.js';

export { postgresStores, type AdminParts, type AdminStores } from './parts.js';

export interface Admin {
  handler: RequestListener;
  ready(): Promise<Record<string, string>>;
  /** Takes back what nobody confirmed in time. Call it every few seconds. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

const BODY_LIMIT = 256 * 1024;

/** Nothing here is a page, except the reference, which says so itself. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; frame-ancestors 'none'`,
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Puts the admin API together. It listens nowhere: whoever composes it says where. */
export async function composeAdmin(parts: AdminParts): Promise<Admin> {
  const { log } = parts;
  // Passport knows strategies by name, for the whole process; replicas in one process need a name each.
  const strategy = `api-token-${randomBytes(9).toString('base64url')}`;
  const tokens = new TokenCheck({ tokens: parts.writer, bootstrap: parts.bootstrapToken, now: parts.now, log });
  passport.use(strategy, new ApiTokenStrategy((token) => tokens.callerOf(token)));

  const { now, writer, stores, audit } = parts;
  const { turns } = stores;
  const changes = new ChangesDesk({
    ...{ changes: stores.changes, usersources: writer.usersources, turns, now, audit, log },
  });

  const filter = new ProblemFilter(log, methodsAt);
  let handler: RequestListener = () => undefined;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    genReqId: () => `req_${randomBytes(12).toString('base64url')}`,
    // Without a maximum of our own the router answers long names itself, in its own words.
    routerOptions: { maxParamLength: 4_096 },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers({ ...HEADERS, 'x-request-id': request.id });
      filter.send(error, request, reply);
    },
    serverFactory: (listener: RequestListener) => {
      handler = listener;
      return createServer();
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(AdminModule.of(parts, changes, strategy), adapter, {
    logger: false,
    bodyParser: false,
  });
  app.useGlobalFilters(filter);
  app.useGlobalInterceptors(
    new AnswerInterceptor(),
    new IdempotencyInterceptor(parts.identity, parts.stores.answers, parts.now),
  );
  const fastify = adapter.getInstance();
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser(
    'application/merge-patch+json',
    { parseAs: 'string' },
    fastify.getDefaultJsonParser('error', 'error'),
  );
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.headers({ ...HEADERS, 'x-request-id': request.id });
    request.clientIp = clientAddress(request.raw, parts.trusted);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    log.info(
      {
        method: request.method,
        path: pathOnly(request.url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        requestId: request.id,
        actor: request.caller?.id,
        problem: request.problem,
      },
      'request',
    );
    done();
  });
  await app.init();
  await fastify.ready();

  return {
    handler: (request, response) => handler(request, response),
    ready: async () => ({
      catalog: await state(() => parts.catalog.ping()),
      ...(parts.ping ? { redis: await state(parts.ping) } : {}),
    }),
    sweep: () => changes.sweep(),
    close: async () => {
      passport.unuse(strategy);
      await app.close();
    },
  };
}

const ROUTES = OPERATIONS.map(({ method, path }) => ({
  method: method.toUpperCase(),
  matches: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

function methodsAt(path: string): string[] {
  const methods = ROUTES.filter(({ matches }) => matches.test(path)).map(({ method }) => method);
  return methods.includes('GET') ? [...methods, 'HEAD'] : methods;
}

const state = (look: () => Promise<unknown>): Promise<string> =>
  look().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : 'unavailable'),
  );
