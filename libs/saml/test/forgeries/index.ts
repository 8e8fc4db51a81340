export { assertionIn, signatureIn, swap, withoutSignature, type Forgery } from './forgery.js';
export { differentials } from './parser.js';
export { wrongProfiles } from './profile.js';
export { bentSignatures } from './signature.js';
export { spellings } from './spelling.js';
export { wrappings } from './wrapping.js';
