export { fromPassport, type PassportStrategy, type PassportUser } from './from-passport.js';
export { verifyOperatorPassword, type OperatorRow } from './peoplesoft-database/verify-operator-password.js';
export { readPsToken, type PsToken, type PsTokenOptions, type TrustedNode } from './peoplesoft-token/read-ps-token.js';
export { describeIdentity, isReservedGroup, type Described } from './mapping/index.js';
export { isUsersourceType, openUsersource } from './registry.js';
export { USERSOURCE_SETTINGS, usersourceSettings } from './settings.js';
export type * from './usersource.js';
