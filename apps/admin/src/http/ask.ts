import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../auth/caller.js';
import { Problem } from './problem.js';

/** One request, as the services behind the controllers see it. Nothing in it has been parsed yet. */
export interface Ask {
  method: string;
  /** Without the query. */
  path: string;
  /** The name in the path: an id or a slug. */
  id: string;
  query: unknown;
  body: unknown;
  headers: IncomingHttpHeaders;
  caller: Caller;
  ip: string;
  requestId: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    caller?: Caller;
    clientIp?: string;
  }
}

export const askOf = (context: ExecutionContext): Ask => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return {
    method: request.method,
    path: request.url.split('?', 1)[0] ?? '',
    id: nameIn(request.params),
    query: request.query,
    body: request.body,
    headers: request.headers,
    caller: request.caller ?? { id: 'nobody', scopes: [] },
    ip: request.clientIp ?? '',
    requestId: request.id,
  };
};

/** A name that no record can have never reaches the database; `undefined` is a bug in a script, not a name (ADM-011). */
function nameIn(params: unknown): string {
  if (typeof params !== 'object' || params === null || !('id' in params)) return '';
  const { id } = params;
  if (typeof id !== 'string' || id === '' || id === 'undefined' || id === 'null') {
    throw new Problem('request.malformed', 'the path holds no id');
  }
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(id)) throw new Problem('resource.not_found');
  return id;
}

export const Asked = createParamDecorator((_data: unknown, context: ExecutionContext): Ask => askOf(context));
