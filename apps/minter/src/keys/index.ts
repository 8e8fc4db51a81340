export { KeyRing } from './key.ring.js';
export { KeyRotation, type Rotated } from './rotation.js';
