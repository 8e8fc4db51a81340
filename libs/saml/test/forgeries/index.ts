export { assertionIn, signatureIn, swap, withoutSignature, type Forgery } from './forgery.js';
export { differentials, parserTricks } from './parser.js';
export { wrongProfiles } from './profile.js';
export { bentSignatures } from './signature.js';
export { spellings } from './spelling.js';
export { wrappings, wrapSignedAssertion, wrapSignedResponse } from './wrapping.js';
