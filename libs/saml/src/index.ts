export type { Clock } from './instant.js';
export { writeAuthnRequest, type AuthnRequest } from './messages/authn-request.js';
export {
  readLogoutRequest,
  readLogoutResponse,
  writeLogoutRequest,
  writeLogoutResponse,
  type ExpectedLogout,
  type LogoutRequest,
  type LogoutResponse,
} from './messages/logout.js';
export {
  receivePost,
  receiveRedirect,
  redirectTo,
  verifyBeside,
  type MessageKind,
  type Received,
} from './messages/redirect.js';
export { forecast } from './metadata/forecast.js';
export { METADATA_LIMITS, readIdpMetadata, type Endpoint, type IdpMetadata } from './metadata/read-metadata.js';
export { writeSpMetadata, type SpMetadata } from './metadata/write-metadata.js';
export { BINDING, NAME_ID_FORMAT, NS, STATUS } from './names.js';
export type { Expected } from './response/expected.js';
export type { NameId, SamlAttribute, SamlIdentity } from './response/identity.js';
export { readResponse } from './response/read-response.js';
export { signEnveloped, signerFrom, type Signer } from './signature/sign.js';
export { trustedKey, type TrustedKey } from './signature/trusted-key.js';
export { isUnknownKey, type Trust } from './signature/verify.js';
