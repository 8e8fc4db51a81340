import { createPublicKey, type KeyObject } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { PublishedKey, SigningKeys } from '../protocol.js';

/** A key of the ring as oidc-provider wants it: public half in hand, signing asked of the ring. */
class RingKey extends ExternalSigningKey {
  readonly #public: KeyObject;
  readonly #keys: SigningKeys;
  readonly #published: PublishedKey;

  constructor(published: PublishedKey, keys: SigningKeys) {
    super();
    this.#published = published;
    this.#keys = keys;
    this.#public = createPublicKey({ key: published.jwk, format: 'jwk' });
  }

  override get kid(): string {
    return this.#published.kid;
  }

  override get alg(): string {
    return this.#published.alg;
  }

  override keyObject(): KeyObject {
    return this.#public;
  }

  override sign(data: Uint8Array): Promise<Uint8Array> {
    return this.#keys.sign(this.#published.alg, this.#published.kid, data);
  }
}

/** In the ring's order: oidc-provider signs with the first key that fits, which is the current one. */
export const keySet = (keys: SigningKeys): { keys: ExternalSigningKey[] } => ({
  keys: keys.published().map((published) => new RingKey(published, keys)),
});
