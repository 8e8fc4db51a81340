export { fromPassport, type PassportStrategy, type PassportUser } from './from-passport.js';
export { isUsersourceType, openUsersource } from './registry.js';
export { USERSOURCE_SETTINGS, usersourceSettings } from './settings.js';
export type * from './usersource.js';
