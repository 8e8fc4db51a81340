export { badge, type Badge, type BadgeContext } from './badge.js';
export { capabilities, capabilityOf, defaultDisplay, type Capability } from './capabilities.js';
export {
  checkChange,
  needsConfirmation,
  swapSso,
  type ChangeCheck,
  type ChangeError,
  type SnapshotInput,
} from './check-change.js';
export { decide } from './decide.js';
export {
  audienceDefaults,
  bypassDefaults,
  inputDefaults,
  sessionDefaults,
  usersourceDefaults,
  withDefaults,
} from './defaults.js';
export {
  link,
  type LinkDecision,
  type LinkIdentity,
  type LinkInput,
  type LinkReason,
  type LinkSource,
  type LinkState,
  type MatchedAccount,
} from './link.js';
export { mergePatch } from './merge-patch.js';
export { networks } from './networks.js';
export { surfaceOf } from './paths.js';
export { REASONS, type Reason } from './reasons.js';
export type {
  BrandPolicy,
  Decision,
  DecisionInput,
  FullInput,
  Health,
  LoginPage,
  Notice,
  PolicyConfig,
  SessionInput,
  UsersourcePolicy,
} from './types.js';
