import { PROBLEMS, problemBody, type ProblemCode } from '../http/problem.js';
import { Components, isJson, type Json } from './json-schema.js';
import type { OperationShape } from './operation.js';

export const PROBLEM_TYPE = 'application/problem+json';

const ABOUT = `Configures the broker: brands, usersources (where people sign in), applications (who gets a pass), accounts.

* **Token.** \`Authorization: Bearer <token>\`, and nowhere else. Scopes are \`<resource>:read\`, \`<resource>:write\`, or \`*\`.
* **Problems** are \`application/problem+json\` (RFC 9457) with a \`code\`, a \`requestId\` and pointers to what is wrong.
* **Pages.** \`{data, page: {next, previous}}\`; follow \`next\` with \`?after=\`, or the \`Link\` header. At most 100 a page.
* **PATCH** is a merge patch (RFC 7396). **PUT** by slug is a full replace and makes what is not there.
* **Nobody's change is lost.** \`ETag\` on what you read, \`If-Match\` on what you write: required for brands, usersources and applications.
* **Once.** \`Idempotency-Key\` on POST: the same request within 24 hours gets the same answer and is done once.
* **First look.** \`?dryRun=true\` on every write checks everything and changes nothing.
* **Secrets** go in and never come out: \`secretsSet\` says which are set, null clears one, leaving it out keeps it.`;

const HEADERS: Record<string, Json> = {
  etag: { description: 'Strong validator for If-Match', schema: { type: 'string' } },
  link: { description: 'RFC 8288 links `next` and `prev`', schema: { type: 'string' } },
  location: { description: 'Where the new record is', schema: { type: 'string' } },
};

/** OpenAPI 3.1, made of what the operations say of themselves; the same words route and guard them. */
export function openApiDocument(operations: readonly OperationShape[], version: string): Json {
  const components = new Components();
  const problem = components.add(problemBody, 'output');
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const item = (paths[operation.path] ??= {});
    item[operation.method] = operationObject(operation, components, problem);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Passbroker admin API',
      version,
      description: ABOUT,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'An API token' } },
      schemas: components.schemas,
    },
  };
}

function operationObject(operation: OperationShape, components: Components, problem: Json): Json {
  const { operationId, tag, summary, description, scope, body } = operation;
  const scoped = scope === null ? 'Open to everybody.' : `Scope: \`${scope}\`.`;
  return {
    operationId,
    tags: [tag],
    summary,
    description: [description, scoped].filter(Boolean).join('\n\n'),
    ...(scope === null ? { security: [] } : { 'x-scope': scope }),
    parameters: parametersOf(operation, components),
    ...(body ? { requestBody: { required: true, content: bodyContent(operation, components) } } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer]) => [status, answerOf(answer, components)]),
      ),
      ...problemsOf(operation, problem),
    },
  };
}

function bodyContent({ body, mergePatch, method, example }: OperationShape, components: Components): Json {
  if (!body) return {};
  const schema = mergePatch
    ? components.addPatch(body)
    : method === 'put'
      ? components.addReplacement(body)
      : components.add(body, 'input');
  const media = { schema, ...(example === undefined ? {} : { example }) };
  return { 'application/json': media, ...(mergePatch ? { 'application/merge-patch+json': media } : {}) };
}

function parametersOf({ path, query, method, ifMatch }: OperationShape, components: Components): Json[] {
  const parameters: Json[] = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, description: 'Id, or slug where there is one' },
    schema: { type: 'string' },
  }));
  const schema = query ? components.add(query, 'input') : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  for (const [name, member] of Object.entries(isJson(schema['properties']) ? schema['properties'] : {})) {
    const { description, ...rest } = isJson(member) ? member : {};
    parameters.push({
      ...{ name, in: 'query', required: required.includes(name) },
      ...(description === undefined ? {} : { description }),
      schema: rest,
    });
  }
  const header = (name: string, description: string, needed = false) =>
    parameters.push({ name, in: 'header', required: needed, description, schema: { type: 'string' } });
  if (method === 'post') header('Idempotency-Key', 'The same key within 24 hours: the same answer, done once');
  if (ifMatch) {
    // A PUT that makes something has nothing to match.
    header('If-Match', 'The ETag of what you read', ifMatch === 'required' && method !== 'put');
    if (method === 'put') header('If-None-Match', '`*`: only if there is none yet');
  }
  return parameters;
}

function answerOf(answer: OperationShape['answers'][number], components: Components): Json {
  const { description, schema, mediaType = 'application/json', headers = [] } = answer;
  return {
    description,
    ...(headers.length > 0 ? { headers: Object.fromEntries(headers.map((name) => [name, HEADERS[name] ?? {}])) } : {}),
    ...(schema ? { content: { [mediaType]: { schema: components.add(schema, 'output') } } } : {}),
  };
}

function problemsOf({ scope, path, body, method, ifMatch, problems = [] }: OperationShape, problem: Json): Json {
  const codes: ProblemCode[] = [
    ...(scope === null ? [] : (['token.invalid', 'scope.insufficient'] as const)),
    ...(path.includes('{') ? (['resource.not_found'] as const) : []),
    ...(body ? (['request.invalid', 'request.too_large', 'media_type.unsupported'] as const) : []),
    ...(method === 'post' ? (['idempotency.mismatch', 'idempotency.in_progress'] as const) : []),
    ...(ifMatch ? (['revision.mismatch'] as const) : []),
    ...(ifMatch === 'required' ? (['revision.required'] as const) : []),
    ...problems,
    'request.malformed',
    'service.unavailable',
    'internal',
  ];
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const [status] = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [
      status,
      {
        description: list.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}`).join('; '),
        content: { [PROBLEM_TYPE]: { schema: problem } },
      },
    ]),
  );
}
