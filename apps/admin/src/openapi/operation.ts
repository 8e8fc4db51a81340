import { applyDecorators, RequestMapping, RequestMethod, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { z } from 'zod';
import type { Scope } from '../auth/caller.js';
import type { ProblemCode } from '../http/problem.js';

const METHODS = {
  get: RequestMethod.GET,
  post: RequestMethod.POST,
  put: RequestMethod.PUT,
  patch: RequestMethod.PATCH,
  delete: RequestMethod.DELETE,
} as const;

/** One operation, said once: it routes the request, guards it, and writes its page in the reference. */
export interface OperationShape {
  method: keyof typeof METHODS;
  /** As OpenAPI writes it; `{id}` is an id or a slug. */
  path: string;
  operationId: string;
  tag: string;
  summary: string;
  description?: string;
  /** null: anybody. */
  scope: Scope | null;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Example of a body, for the reference. */
  example?: unknown;
  mergePatch?: true;
  answers: Record<number, { description: string; schema?: z.ZodType; mediaType?: string; headers?: readonly string[] }>;
  /** Beyond those that every operation can have. */
  problems?: readonly ProblemCode[];
  ifMatch?: 'required' | 'optional';
}

const OPERATION = 'passbroker:operation';

/**
 * Fastify reads a colon as the beginning of a parameter; two are one (`/v1/keys:rotate`). A parameter with a verb
 * behind it has to be told where it ends (`/v1/usersources/{id}:test`).
 */
const routeOf = (path: string): string =>
  path
    .replaceAll(':', '::')
    .replaceAll(/\{(\w+)\}::/g, ':$1([^/:]+)::')
    .replaceAll(/\{(\w+)\}/g, ':$1');

export const Operation = (shape: OperationShape) =>
  applyDecorators(
    SetMetadata(OPERATION, shape),
    RequestMapping({ method: METHODS[shape.method], path: routeOf(shape.path) }),
  );

export function operationOf(reflector: Reflector, context: ExecutionContext): OperationShape {
  const shape = reflector.get<OperationShape | undefined>(OPERATION, context.getHandler());
  if (!shape) throw new Error(`${context.getClass().name}.${context.getHandler().name} is not an operation`);
  return shape;
}

/** Reflect keeps whatever it was given; under our own key that is a shape. */
const kept = z.custom<OperationShape | undefined>();

/** What a controller's methods say of themselves, those it inherits first. */
export function operationsOf(controllers: readonly (new (...parts: never[]) => object)[]): OperationShape[] {
  return controllers.flatMap((controller) =>
    ancestry(prototypeOf(controller)).flatMap((prototype) =>
      Object.getOwnPropertyNames(prototype).flatMap((name) => {
        const method: unknown = Reflect.get(prototype, name);
        if (typeof method !== 'function') return [];
        const shape = kept.parse(Reflect.getMetadata(OPERATION, method));
        return shape ? [shape] : [];
      }),
    ),
  );
}

function ancestry(prototype: object): object[] {
  const parent: unknown = Object.getPrototypeOf(prototype);
  return typeof parent === 'object' && parent !== null && parent !== Object.prototype
    ? [...ancestry(parent), prototype]
    : [prototype];
}

const prototypeOf = (controller: { prototype: object }): object => controller.prototype;
