import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '@passbroker/model';
import { pathForLog, requestLog, type Logger } from '@passbroker/platform';
import { GatewayModule } from '../gateway.module.js';
import { MAX_POSTED_BYTES } from '../sign-in/posted-replies.js';
import { send } from './answer.js';
import { setSecurityHeaders } from './headers.js';
import type { RefusalFilter } from './refusal.filter.js';
import type { Visits } from './visit.js';

/** A form of ours. */
const MAX_BODY_BYTES = 16_384;

interface Parts {
  providers: Provider[];
  filter: RefusalFilter;
  visits: Visits;
  log: Logger;
  /** Of answers to requests whose brand is not known yet. */
  secureByDefault: boolean;
}

/** Nest on Fastify, without a port: what is under every page, and the manners that all of them share. */
export async function openServer(parts: Parts): Promise<{ handler: RequestListener; close(): Promise<void> }> {
  const { providers, filter, secureByDefault } = parts;
  const front = inertFront();
  const adapter = new FastifyAdapter({
    serverFactory: front.serverFactory,
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: false,
    // Counted up, two replicas would give two requests one name in the same log.
    genReqId: () => randomBytes(9).toString('base64url'),
    // A malformed address is answered before any hook: the only answer that would miss our headers.
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      setSecurityHeaders(reply.raw, secureByDefault);
      send(reply, filter.answerTo(error, undefined));
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(GatewayModule.of(providers), adapter, {
    logger: false,
    abortOnError: false,
  });
  app.useGlobalFilters(filter);
  const fastify = adapter.getInstance();
  allowLongMessages(fastify);
  beginVisits(fastify, parts);
  nameLanguages(fastify, parts);
  logRequests(fastify, parts);
  await app.init();
  await fastify.ready();
  return { handler: front.handler, close: () => app.close() };
}

function allowLongMessages(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    // Escaped, base64 grows by the characters that a form may not hold.
    if (route.method === 'POST' && route.url.startsWith('/sso/:usersource/')) route.bodyLimit = 2 * MAX_POSTED_BYTES;
  });
}

function beginVisits(fastify: FastifyInstance, { visits, secureByDefault }: Parts): void {
  fastify.addHook('onRequest', async (request, reply) => {
    setSecurityHeaders(reply.raw, secureByDefault);
    const visit = await visits.begin(request, reply).catch((error: unknown) => {
      // The looks of the page that says "unknown host" are no secret.
      if (error instanceof Refusal && request.url.startsWith('/assets/')) return undefined;
      throw error;
    });
    if (visit) setSecurityHeaders(reply.raw, visit.secure);
  });
}

function nameLanguages(fastify: FastifyInstance, { visits }: Parts): void {
  fastify.addHook('onSend', async (request, reply) => {
    const visit = visits.find(request);
    if (visit && String(reply.getHeader('content-type')).startsWith('text/html')) {
      reply.header('content-language', visit.texts.lang);
    }
  });
}

function logRequests(fastify: FastifyInstance, { visits, log }: Parts): void {
  const lines = requestLog(log);
  if (!lines.isLevelEnabled('info')) return;
  fastify.addHook('onResponse', async (request, reply) => {
    lines.info(
      {
        method: request.method,
        // The route, not the address: a path may hold a transaction or a pending change.
        path: request.routeOptions.url ?? pathForLog(request.raw.url ?? ''),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        requestId: request.id,
        brand: visits.find(request)?.brand.slug,
      },
      'request',
    );
  });
}

/** Fastify wants a server of its own; ours belongs to the process, which may share it with the minter. */
function inertFront() {
  let listener: RequestListener = (_req, res) => void res.writeHead(503).end();
  return {
    serverFactory: (handler: RequestListener) => {
      listener = handler;
      return createServer();
    },
    handler: ((req, res) => listener(req, res)) satisfies RequestListener,
  };
}
