export { ChecksInTurn } from './checks-in-turn.js';
export { sameBytes } from './constant-time.js';
export { digestTemplate, type DigestTemplate } from './digest-template.js';
export { readHash } from './read-hash.js';
export { UnreadableHash, type StoredHash } from './stored-hash.js';
