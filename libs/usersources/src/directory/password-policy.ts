import { elements, MalformedAnswer } from './ber.js';

/** What a directory says of a password beside yes or no (draft-behera-ldap-password-policy 6.2). */
export interface PasswordPolicy {
  /** It works, but nothing may be done before it is changed. */
  mustChange: boolean;
  expired: boolean;
  locked: boolean;
  /** Why a new one was turned down. */
  unacceptable: boolean;
}

const BEHERA = '1.3.6.1.4.1.42.2.27.8.5.1';
/** Netscape's own, which 389 and its family send: the password has expired. */
const NETSCAPE_EXPIRED = '2.16.840.1.113730.3.4.4';

export const NO_POLICY: PasswordPolicy = { mustChange: false, expired: false, locked: false, unacceptable: false };

/** PasswordPolicyResponseValue ::= SEQUENCE { warning [0] CHOICE { …, graceAuthNsRemaining [1] }, error [1] ENUMERATED } */
export function readPasswordPolicy(controls: ReadonlyMap<string, Buffer>): PasswordPolicy {
  const expired = controls.has(NETSCAPE_EXPIRED);
  const value = controls.get(BEHERA);
  if (!value || value.length === 0) return { ...NO_POLICY, expired };
  const [sequence] = elements(value);
  if (!sequence) throw new MalformedAnswer('a password policy without content');
  const parts = elements(sequence.content);
  const warning = parts.find(({ tag }) => tag === 0xa0);
  const grace = warning && elements(warning.content).some(({ tag }) => tag === 0x81);
  const error = parts.find(({ tag }) => tag === 0x81)?.content[0];
  return {
    mustChange: error === 2,
    // A grace login: it worked once more, though the password is over.
    expired: expired || error === 0 || grace === true,
    locked: error === 1,
    unacceptable: error !== undefined && error >= 3 && error <= 8,
  };
}
