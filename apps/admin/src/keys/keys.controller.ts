import { Controller } from '@nestjs/common';
import { Asked, type Ask } from '../http/ask.js';
import { pageOf } from '../http/pages.js';
import { Operation } from '../openapi/operation.js';
import { KeysDesk, keyFilters, keyView, rotation, rotationQuery } from './keys.desk.js';

@Controller()
export class KeysController {
  constructor(private readonly desk: KeysDesk) {}

  @Operation({
    ...{ method: 'get', path: '/v1/keys', operationId: 'listKeys', tag: 'Keys', scope: 'keys:read', query: keyFilters },
    summary: 'List token-signing keys',
    description: 'Public halves only: the private ones never leave the minter.',
    answers: { 200: { description: 'All of them, on one page', schema: pageOf(keyView) } },
  })
  list(@Asked() ask: Ask) {
    return this.desk.list(ask);
  }

  @Operation({
    ...{ method: 'post', path: '/v1/keys:rotate', operationId: 'rotateKey', tag: 'Keys', scope: 'keys:write' },
    ...{ query: rotationQuery, body: rotation, example: { brand: 'default', alg: 'ES256' } },
    summary: 'Rotate the signing key of a brand',
    description: 'Asks the minter: the next key becomes current, the current one is retired and still verifies.',
    answers: { 200: { description: 'The brand’s keys as they then are', schema: pageOf(keyView) } },
  })
  rotate(@Asked() ask: Ask) {
    return this.desk.rotate(ask);
  }
}
