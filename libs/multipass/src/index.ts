export type { MultipassClaims } from './claims.js';
export { isWrittenDialect, weaknessOf, WRITTEN_DIALECTS, type WrittenDialect } from './dialects.js';
export type { MultipassKeys } from './keys.js';
export { readMultipass, type ReadMultipass, type ReadOptions } from './read-multipass.js';
export { readShopifyMultipass, writeShopifyMultipass, type ShopifyMultipass } from './shopify.js';
export { writeMultipass, type WriteOptions, type WrittenClaims } from './write-multipass.js';
