import type { z } from 'zod';
import type { Scope } from '../auth/caller.js';
import type { ProblemCode } from '../http/problem.js';
import { pageOf } from '../http/pages.js';
import type { OperationShape } from './operation.js';

export interface RecordPaper {
  /** In English, for people: `usersource`. */
  noun: string;
  /** In the path. */
  path: string;
  tag: string;
  read: Scope;
  write: Scope;
  view: z.ZodType;
  draft: z.ZodType;
  filters: z.ZodObject;
  writeQuery: z.ZodObject;
  ifMatch: 'required' | 'optional';
  /** Codes of refusals by policy, beyond what every write can meet. */
  conflicts?: readonly ProblemCode[];
  example: unknown;
  aboutCreate?: string;
}

/** The papers of the six things one can do with a kind of record. */
export function crud(
  paper: RecordPaper,
): Record<'list' | 'get' | 'create' | 'replace' | 'patch' | 'remove', OperationShape> {
  const { noun, path, tag, view, draft, writeQuery, ifMatch, conflicts = [] } = paper;
  const name = noun.replaceAll(/(^| )[a-z]/g, (start) => start.trim().toUpperCase());
  const a = /^[aeiou]/i.test(noun) && !/^us/i.test(noun) ? 'an' : 'a';
  const one = `/v1/${path}/{id}`;
  const shown = { description: `The ${noun}`, schema: view, headers: ['etag'] };
  const write = { tag, scope: paper.write, query: writeQuery } as const;
  return {
    list: {
      ...{ method: 'get', path: `/v1/${path}`, operationId: `list${name}s`, tag, scope: paper.read },
      summary: `List ${noun}s`,
      query: paper.filters,
      answers: { 200: { description: 'A page, oldest first', schema: pageOf(view), headers: ['link'] } },
    },
    get: {
      ...{ method: 'get', path: one, operationId: `get${name}`, tag, scope: paper.read },
      summary: `Read ${a} ${noun}`,
      answers: { 200: shown },
    },
    create: {
      ...{ method: 'post', path: `/v1/${path}`, operationId: `create${name}`, ...write, body: draft },
      summary: `Create ${a} ${noun}`,
      ...(paper.aboutCreate === undefined ? {} : { description: paper.aboutCreate }),
      example: paper.example,
      answers: { 201: { ...shown, headers: ['etag', 'location'] } },
      problems: ['resource.exists', ...conflicts],
    },
    replace: {
      ...{ method: 'put', path: one, operationId: `replace${name}`, ...write, body: draft, ifMatch },
      summary: `Make ${a} ${noun} exactly this`,
      description:
        'A full replace, by slug: what is left out takes its default, except secrets, which stay. Makes it when there is none, so the same file can be sent again and again. `slug` may be left out of the body.',
      example: paper.example,
      answers: { 200: shown, 201: { ...shown, headers: ['etag', 'location'] } },
      problems: ['resource.exists', ...conflicts],
    },
    patch: {
      ...{ method: 'patch', path: one, operationId: `update${name}`, ...write, body: draft, mergePatch: true, ifMatch },
      summary: `Change ${a} ${noun}`,
      description: 'A merge patch (RFC 7396): say what changes; null clears, lists are replaced whole.',
      answers: { 200: shown },
      problems: ['resource.exists', ...conflicts],
    },
    remove: {
      ...{ method: 'delete', path: one, operationId: `delete${name}`, ...write, ifMatch },
      summary: `Delete ${a} ${noun}`,
      answers: { 204: { description: 'It is gone' } },
      problems: ['resource.in_use', ...conflicts],
    },
  };
}
