export { isReference, newReference } from '@passbroker/platform';
