import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WriteConflict } from '@passbroker/catalog';
import { Refusal } from '@passbroker/model';
import type { Logger } from '@passbroker/platform';
import { pointerTo } from './complaints.js';
import { Problem, problemOf, type ProblemCode } from './problem.js';

const BY_STATUS: Partial<Record<number, ProblemCode>> = {
  400: 'request.malformed',
  404: 'resource.not_found',
  413: 'request.too_large',
  414: 'request.malformed',
  415: 'media_type.unsupported',
};

const BY_FIELD: Record<string, string> = { brand_host: 'hosts', account_email: 'emails' };

function ofConflict({ kind, field }: WriteConflict): Problem {
  const member = BY_FIELD[field] ?? field;
  const at = (code: string, message: string) => ({ errors: [{ pointer: pointerTo(member), code, message }] });
  switch (kind) {
    case 'revision':
      return new Problem('revision.mismatch');
    case 'in_use':
      return new Problem('resource.in_use');
    case 'missing':
      return member === 'id'
        ? new Problem('resource.not_found')
        : new Problem('request.invalid', undefined, at('unknown_reference', 'there is nothing of this name'));
    case 'unique':
      return member === 'sso'
        ? new Problem('sso.not_unique', undefined, at('not_unique', 'another usersource has SSO already'))
        : new Problem('resource.exists', undefined, at('not_unique', 'somebody has this already'));
  }
}

function ofRefusal(refusal: Refusal): Problem {
  if (refusal.code === 'request.malformed') return new Problem('request.malformed', refusal.detail);
  if (refusal.code === 'brand.unknown') return new Problem('resource.not_found', refusal.detail);
  // A database's or another service's own words are for the log.
  return new Problem('service.unavailable', undefined, { headers: { 'retry-after': '2' } });
}

const statusOf = (error: object): number => {
  const status: unknown = Reflect.get(error, 'statusCode');
  return typeof status === 'number' ? status : 500;
};

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof WriteConflict) return ofConflict(error);
  if (error instanceof Refusal) return ofRefusal(error);
  const status = error instanceof HttpException ? error.getStatus() : error instanceof Error ? statusOf(error) : 500;
  return new Problem(BY_STATUS[status] ?? (status < 500 ? 'request.malformed' : 'internal'));
}

/** Whatever goes wrong leaves as problem+json: our refusals with their reason, a bug with nothing but a reference. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    private readonly methodsAt: (path: string) => string[],
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.send(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  send(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const problem = this.#wrongMethod(error, path, request.method) ?? asProblem(error);
    if (problem.status >= 500) {
      this.log.error(
        { err: error instanceof Error ? error.message : String(error), requestId: request.id, path },
        'request failed',
      );
      if (problem.code === 'internal' && error instanceof Error) this.log.error({ stack: error.stack }, 'a bug');
    }
    request.problem = problem.code;
    void reply
      .code(problem.status)
      .headers(problem.more.headers ?? {})
      .type('application/problem+json')
      .send(problemOf(problem, path, request.id));
  }

  #wrongMethod(error: unknown, path: string, method: string): Problem | undefined {
    if (!(error instanceof HttpException) || error.getStatus() !== 404) return undefined;
    const allowed = this.methodsAt(path);
    if (allowed.length === 0 || allowed.includes(method)) return undefined;
    return new Problem('method.not_allowed', undefined, { headers: { allow: allowed.join(', ') } });
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** For the request's log line. */
    problem?: string;
  }
}
