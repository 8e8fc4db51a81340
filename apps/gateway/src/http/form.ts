import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';

const fieldsShape = z.record(z.string().max(64), z.string());

/** Fields of a form post, each at most once: two readers of a repeated field may believe different ones. */
export function formFields(request: FastifyRequest): Record<string, string> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new Refusal('request.malformed', 'a post that is no form');
  const fields = fieldsShape.safeParse(request.body ?? {});
  if (!fields.success) throw new Refusal('request.malformed', 'a form with a repeated or overlong field');
  return fields.data;
}
