import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { ok, type Answer } from '../http/answer.js';
import type { Json } from './json-schema.js';
import { Operation } from './operation.js';
import { REFERENCE_CSP, referencePage } from './reference.page.js';

/** The document, made once all operations are known. */
export class Reference {
  #made: { document: Json; page: string } | undefined;

  constructor(private readonly make: () => Json) {}

  get document(): Json {
    return this.#whole().document;
  }

  get page(): string {
    return this.#whole().page;
  }

  #whole(): { document: Json; page: string } {
    if (this.#made) return this.#made;
    const document = this.make();
    return (this.#made = { document, page: referencePage(document) });
  }
}

@Controller()
export class OpenApiController {
  constructor(@Inject(Reference) private readonly reference: Reference) {}

  @Operation({
    ...{ method: 'get', path: '/openapi.json', operationId: 'getOpenApi', tag: 'This document', scope: null },
    summary: 'Read this document',
    answers: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
  })
  json(): Answer {
    return ok(this.reference.document, { 'cache-control': 'public, max-age=300' });
  }

  @Operation({
    ...{ method: 'get', path: '/docs', operationId: 'getReference', tag: 'This document', scope: null },
    summary: 'Read it as a page',
    answers: { 200: { description: 'The reference', schema: z.string(), mediaType: 'text/html' } },
  })
  page(): Answer {
    return ok(this.reference.page, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': REFERENCE_CSP,
      'cache-control': 'public, max-age=300',
    });
  }
}
