import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { z } from 'zod';

export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, OperationDocument>>;
  components: { schemas: Record<string, object> };
}

export const readOpenApi = z.custom<OpenApi>();
const readSchema = z.custom<object>();

export interface OperationDocument {
  operationId: string;
  'x-scope'?: string;
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: object;
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

/** Holds every answer against the OpenAPI document: an answer that is not in it is a failure, whatever it says. */
export class Contract {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<object, ValidateFunction>();

  constructor(readonly document: OpenApi) {
    addFormats.default(this.#ajv);
    this.#ajv.addSchema({ $id: 'https://doc.test/openapi', ...document });
  }

  operations(): { method: string; path: string; operation: OperationDocument }[] {
    return Object.entries(this.document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    );
  }

  find(method: string, path: string) {
    return this.operations().find(
      (one) =>
        one.method === method &&
        new RegExp(`^${one.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(path),
    );
  }

  /** Why the answer breaks the contract, or undefined. */
  breach(method: string, path: string, status: number, mediaType: string, body: unknown): string | undefined {
    const found = this.find(method, path);
    if (!found) return status === 404 || status === 405 ? undefined : `${method} ${path} is not documented`;
    const answer = found.operation.responses[String(status)];
    if (!answer) return `${found.operation.operationId} does not document ${status}`;
    if (!answer.content) return body === undefined ? undefined : `${status} has no body`;
    const media = Object.entries(answer.content).find(([type]) => mediaType.startsWith(type))?.[1];
    if (!media) return `${found.operation.operationId} ${status} is not ${mediaType}`;
    if (!media.schema || mediaType.startsWith('text/')) return undefined;
    const validate = this.#validator(media.schema);
    return validate(body)
      ? undefined
      : `${found.operation.operationId} ${status}: ${this.#ajv.errorsText(validate.errors)}`;
  }

  #validator(schema: object): ValidateFunction {
    let validate = this.#compiled.get(schema);
    if (!validate) {
      const local = JSON.stringify(schema).replaceAll('"#/components', '"https://doc.test/openapi#/components');
      validate = this.#ajv.compile(readSchema.parse(JSON.parse(local)));
      this.#compiled.set(schema, validate);
    }
    return validate;
  }
}
