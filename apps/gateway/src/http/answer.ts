import type { FastifyReply } from 'fastify';
import { contentSecurityPolicy } from './headers.js';

/** What a step of a walk comes to: a page here, or the next place to go. */
export type Answer =
  | {
      show: string;
      status: number;
      formTargets?: readonly string[];
      scripts?: boolean;
      retryAfterSec?: number;
      headers?: Readonly<Record<string, string>>;
    }
  | { goTo: string };

export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  // 303: whatever was posted here is not posted again there.
  if ('goTo' in answer) return reply.redirect(answer.goTo, 303);
  if (answer.retryAfterSec !== undefined) reply.header('retry-after', String(Math.ceil(answer.retryAfterSec)));
  if (answer.headers) reply.headers(answer.headers);
  return reply
    .code(answer.status)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', contentSecurityPolicy(answer.formTargets, answer.scripts))
    .send(answer.show);
}
