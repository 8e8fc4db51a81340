import { Refusal } from '@passbroker/model';
import { NS, STATUS } from '../names.js';
import { attribute, childOf, oneChildOf, textOf, type XmlElement } from '../xml/element.js';

export interface Status {
  code: string;
  /** The second level, which says why. */
  reason?: string;
  message?: string;
}

export function statusOf(message: XmlElement): Status {
  const status = oneChildOf(message, NS.protocol, 'Status');
  const code = oneChildOf(status, NS.protocol, 'StatusCode');
  const second = childOf(code, NS.protocol, 'StatusCode');
  const words = childOf(status, NS.protocol, 'StatusMessage');
  const reason = second && attribute(second, 'Value');
  return {
    code: attribute(code, 'Value') ?? '',
    ...(reason !== undefined && { reason }),
    ...(words && { message: textOf(words) }),
  };
}

/** @throws Refusal unless it is Success; upstream.login_required when we asked not to show a page */
export function requireSuccess(status: Status, silent: boolean): void {
  if (status.code === STATUS.success) return;
  // Upstream's words are for the log: the person sees a page of ours (SAML-SP-103).
  const words = [status.code, status.reason, status.message].filter((word) => word !== undefined).join(' ');
  const detail = `the identity provider says no: ${words.replace(/[^ -~]+/g, ' ').slice(0, 300)}`;
  const nobody = status.reason === STATUS.noPassive || status.code === STATUS.noPassive;
  throw new Refusal(silent && nobody ? 'upstream.login_required' : 'upstream.refused', detail);
}
