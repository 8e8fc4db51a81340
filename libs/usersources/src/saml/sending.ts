import { redirectTo, signEnveloped, type MessageKind, type Signer } from '@passbroker/saml';
import type { Carried, NextStep } from '../usersource.js';

interface Message {
  kind: MessageKind;
  xml: string;
  byPost: boolean;
  relayState: string | undefined;
  signer: Signer | undefined;
  carry: Carried;
}

/** By redirect the address is signed, by post the message: each binding has its own place for a signature. */
export async function sendTo(location: string, message: Message): Promise<NextStep> {
  const { kind, xml, byPost, relayState, signer, carry } = message;
  if (byPost) {
    const signed = signer ? await signEnveloped(xml, signer) : xml;
    const fields = {
      [kind]: Buffer.from(signed).toString('base64'),
      ...(relayState !== undefined && { RelayState: relayState }),
    };
    return { go: 'post', to: new URL(location), fields, carry };
  }
  const to = await redirectTo(new URL(location), kind, xml, {
    ...(relayState !== undefined && { relayState }),
    ...(signer && { signer }),
  });
  return { go: 'redirect', to, carry };
}
