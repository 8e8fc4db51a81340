export {
  Raw,
  startHostileOp,
  type Heard,
  type HostileOp,
  type Json,
  type Script,
  type SigningKey,
} from './hostile-op.js';
export { startPhpHandler, startPythonHandler, type HandlerOptions, type LoginHandler } from './login-handlers.js';
export {
  modAuthOpenidcAddresses,
  startModAuthOpenidc,
  type ModAuthOpenidc,
  type ModAuthOpenidcOptions,
} from './mod-auth-openidc.js';
export { freePort } from './free-port.js';
export {
  pageControl,
  resultMessage,
  startScriptedLdap,
  type LdapScript,
  type Question,
  type Said,
  type ScriptedEntry,
  type ScriptedLdap,
} from './scripted-ldap.js';
export { startSocialProvider, type SocialProvider } from './social-provider.js';
export { startNameServer, type NameServer } from './name-server.js';
