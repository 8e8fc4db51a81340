import { z } from 'zod';

/** Every way the API says no. The reference page lists them: `type` leads there. */
export const PROBLEMS = {
  'token.invalid': [
    401,
    'No valid API token',
    'Send `Authorization: Bearer <token>`. A token in the query or the body is never looked at.',
  ],
  'scope.insufficient': [403, 'The token may not do this', 'The answer names the scope that is missing.'],
  'scope.exceeded': [403, 'A token cannot grant more than it has', 'Ask somebody whose token holds these scopes.'],
  'request.malformed': [400, 'The request cannot be read', 'The JSON, the query, a header or a cursor is malformed.'],
  'request.invalid': [422, 'The content is not valid', '`errors` points at every member that is wrong.'],
  'request.too_large': [413, 'The body is too large', 'The most is 256 KiB.'],
  'media_type.unsupported': [
    415,
    'JSON only',
    'Send `application/json`, or `application/merge-patch+json` with PATCH.',
  ],
  'resource.not_found': [404, 'Not found', 'There is nothing of this name.'],
  'method.not_allowed': [405, 'Not with this method', '`Allow` lists the methods.'],
  'resource.exists': [409, 'Taken already', '`errors` points at the member that must be unique.'],
  'resource.in_use': [409, 'Still in use', 'Delete or move what depends on it first.'],
  'revision.required': [
    428,
    'If-Match is required',
    'Send the `ETag` of what you read, so that nobody’s change is lost.',
  ],
  'revision.mismatch': [412, 'Changed by somebody else', 'Read it again, and decide again.'],
  'idempotency.mismatch': [422, 'Idempotency-Key was used for another request', 'Use a new key for a new request.'],
  'idempotency.in_progress': [409, 'The first request with this key is still at work', 'Try again in a moment.'],
  'admin.no_way_in': [409, 'No admin could sign in any more', 'Keep one proven way in for an active admin.'],
  'confirmation.pending': [
    409,
    'Another change waits for its confirmation',
    'Confirm it by signing in the new way, undo it, or wait: see `/v1/changes`.',
  ],
  'confirmation.needed': [
    409,
    'Switch it off first',
    'Send `enabled: false`; when that is confirmed, delete it. What is deleted could not be taken back.',
  ],
  'sso.not_unique': [409, 'Another usersource has SSO already', 'Repeat with `?swap=true` to take over from it.'],
  'sso.not_redirectable': [409, 'This type has a password form and cannot have SSO', 'Use `sso: none`.'],
  'sso.not_silent': [409, 'This type cannot be asked in the background', 'Use `automatic` or `none`.'],
  'display.not_possible': [409, 'This type cannot be shown like that', 'Choose a display that suits the type.'],
  'domain.not_unique': [409, 'A domain belongs to one enabled usersource', 'Remove it from the other one first.'],
  'domain.unproven': [
    409,
    'Not shown to be yours',
    'Put the `record` into the DNS of the domain, wait until it is seen, and try again.',
  ],
  'jit.unrestricted': [409, 'A public provider must not create agents', 'Turn `jit.create` off.'],
  'network.malformed': [409, 'Not a network', 'Networks are written as CIDR, for example `192.0.2.0/24`.'],
  'change.malformed': [422, 'The policy cannot be read', 'The change does not make a configuration.'],
  'service.unavailable': [503, 'Not available now', 'A part of the broker does not answer. Try again in a moment.'],
  internal: [500, 'A bug', 'Report it with the `requestId`.'],
} as const satisfies Record<string, readonly [status: number, title: string, help: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);

export interface Complaint {
  /** JSON Pointer into the body; `/query/<name>` and `/header/<name>` for what is not in the body. */
  pointer: string;
  code: string;
  message: string;
}

/** Expected trouble on the way to an answer, told to the caller whole: `detail` never holds a secret. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: ProblemCode,
    readonly detail?: string,
    readonly more: { errors?: Complaint[]; headers?: Record<string, string> } = {},
  ) {
    super(`${code}: ${detail ?? ''}`);
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }
}

export const problemBody = z
  .object({
    type: z.string().describe('Where this kind of problem is explained'),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().describe('The path that was asked'),
    code: z.enum(Object.keys(PROBLEMS)),
    requestId: z.string().describe('Also in the log and the audit'),
    errors: z
      .array(
        z.object({
          pointer: z.string().describe('JSON Pointer into the body; `/query/…` and `/header/…` for the rest'),
          code: z.string(),
          message: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

export function problemOf(problem: Problem, instance: string, requestId: string): z.infer<typeof problemBody> {
  const [status, title] = PROBLEMS[problem.code];
  return {
    type: `/docs#problem-${problem.code}`,
    title,
    status,
    ...(problem.detail ? { detail: problem.detail } : {}),
    instance,
    code: problem.code,
    requestId,
    ...(problem.more.errors ? { errors: problem.more.errors } : {}),
  };
}
