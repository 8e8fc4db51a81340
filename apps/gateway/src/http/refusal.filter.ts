import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '@passbroker/model';
import { send, type Answer } from './answer.js';
import { isOutage } from './outage.js';
import { RefusalPages } from './refusal-pages.js';
import { Visits, type Visit } from './visit.js';

/** Whatever goes wrong becomes a page: a kind sentence and a reference for the person, the reason for the log. */
@Catch()
export class RefusalFilter implements ExceptionFilter {
  constructor(
    private readonly refusals: RefusalPages,
    private readonly visits: Visits,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    send(reply, this.answerTo(error, this.visits.find(request)));
  }

  answerTo(error: unknown, visit: Visit | undefined): Answer {
    if (error instanceof Refusal) return this.refusals.refused(error, visit);
    if (isOutage(error)) {
      const why = error instanceof Error ? error.message : 'outage';
      return this.refusals.refused(new Refusal('service.unavailable', why, { cause: error }), visit);
    }
    const status = statusOf(error);
    if (status === undefined || status >= 500) return this.refusals.unexpected(error, visit);
    if (status === 404 || status === 405) return this.refusals.notFound(visit, status);
    const code = status === 413 || status === 414 ? 'request.too_large' : 'request.malformed';
    return { ...this.refusals.refused(new Refusal(code, messageOf(error)), visit), ...(status !== 400 && { status }) };
  }
}

/** Nest's exceptions, and Fastify's errors, which carry a `statusCode`. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** Parsers quote what they could not read: only the kind of error is kept. */
function messageOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
