export { describe as describeIdentity, type Described } from './describe.js';
export { isReservedGroup } from './reserved-groups.js';
