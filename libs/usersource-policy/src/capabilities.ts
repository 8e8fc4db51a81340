import type { Display, SsoMode } from '@passbroker/model';

/** What a type of usersource can do at all, whatever its settings say (I9). */
export interface Capability {
  /** Takes a name and a password typed on our own page. */
  password: boolean;
  /** Can be begun by sending the browser somewhere. */
  redirect: boolean;
  /** Can answer "is somebody signed in there?" without showing a page. */
  silent: boolean;
  /** Anybody in the world may hold an account there (I5). */
  publicIdp: boolean;
  sso: readonly SsoMode[];
  displays: readonly Display[];
  display: Display;
}

const PASSWORD: Capability = {
  password: true,
  redirect: false,
  silent: false,
  publicIdp: false,
  sso: ['none'],
  displays: ['form', 'hidden'],
  display: 'form',
};
const FEDERATED: Capability = {
  password: false,
  redirect: true,
  silent: true,
  publicIdp: false,
  sso: ['none', 'background', 'automatic'],
  displays: ['button', 'icon', 'hidden'],
  display: 'button',
};
const INTERACTIVE: Capability = { ...FEDERATED, silent: false, sso: ['none', 'automatic'] };
const SOCIAL: Capability = { ...INTERACTIVE, publicIdp: true, display: 'icon' };
// A passkey needs a click and proves one person at a time: nothing to be sent to unasked.
const PASSKEY: Capability = { ...INTERACTIVE, sso: ['none'] };
// Fail closed: a type we do not know is never shown, begun, or in force.
const UNKNOWN: Capability = {
  password: false,
  redirect: false,
  silent: false,
  publicIdp: true,
  sso: ['none'],
  displays: ['hidden'],
  display: 'hidden',
};

export const capabilities: ReadonlyMap<string, Capability> = new Map([
  ['local', PASSWORD],
  ['ldap', PASSWORD],
  ['ad', PASSWORD],
  ['active-directory', PASSWORD],
  ['database', PASSWORD],
  ['peoplesoft-database', PASSWORD],
  ['saml', FEDERATED],
  ['oidc', FEDERATED],
  ['jwt', FEDERATED],
  ['multipass', FEDERATED],
  // The token rides in a cookie of the shared domain; reading it shows nothing.
  ['peoplesoft-token', FEDERATED],
  ['cas', INTERACTIVE],
  ['iwa', INTERACTIVE],
  // A browser outside the realm answers Negotiate with a password window, so it must never be probed.
  ['kerberos', INTERACTIVE],
  ['google', SOCIAL],
  ['facebook', SOCIAL],
  ['twitter', SOCIAL],
  ['github', SOCIAL],
  ['linkedin', SOCIAL],
  ['microsoft', SOCIAL],
  ['webauthn', PASSKEY],
]);

/** `declared` counts only for types that are not in the table: nobody can declare a password form redirectable. */
export function capabilityOf(type: string, declared?: Capability): Capability {
  return capabilities.get(type) ?? declared ?? UNKNOWN;
}

export function defaultDisplay(type: string): Display {
  return capabilityOf(type).display;
}
