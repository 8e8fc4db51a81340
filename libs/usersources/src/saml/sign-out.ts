import { createHash, randomBytes } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import {
  isUnknownKey,
  readLogoutRequest,
  readLogoutResponse,
  receivePost,
  receiveRedirect,
  writeLogoutRequest,
  writeLogoutResponse,
  type ExpectedLogout,
  type IdpMetadata,
  type LogoutRequest,
  type Received,
  type Signer,
} from '@passbroker/saml';
import type { NextStep, Reply, UpstreamSession, UpstreamSignOut, UsersourceTools } from '../usersource.js';
import { keptNameId, onceKey, presetOf } from './identity.js';
import type { SamlSettings } from './saml.settings.js';
import { sendTo } from './sending.js';
import type { UpstreamIdp } from './upstream-idp.js';

interface Parts {
  settings: SamlSettings;
  tools: Pick<UsersourceTools, 'now' | 'doors'>;
  upstream: UpstreamIdp;
  entityId: string;
  signer: Signer | undefined;
}

/**
 * Single log-out, both ways (saml-profiles-2.0, 4.4). Everything is signed: an unsigned request would let
 * anybody end anybody's session, and an identity provider need not believe one either.
 */
export class SignOut {
  constructor(private readonly parts: Parts) {}

  /** Nothing where upstream has no address for it, or we no key to sign the request with. */
  async end(session: UpstreamSession, state: string): Promise<NextStep | undefined> {
    const { upstream, signer, entityId, tools } = this.parts;
    const { signOut } = await upstream.current();
    const nameId = keptNameId(session.kept);
    const endpoint = signOut.redirect ?? signOut.post;
    if (!nameId || !endpoint || !signer) return undefined;
    const xml = writeLogoutRequest({
      id: requestIdOf(state),
      issuedAt: tools.now(),
      issuer: entityId,
      destination: endpoint.location,
      nameId,
      ...(session.index !== undefined && { sessionIndex: session.index }),
    });
    const byPost = signOut.redirect === undefined;
    return sendTo(endpoint.location, { kind: 'SAMLRequest', xml, byPost, relayState: state, signer, carry: {} });
  }

  async ended(reply: Reply): Promise<UpstreamSignOut | undefined> {
    const received = reply.method === 'POST' ? receivePost(reply.fields) : receiveRedirect(reply.rawQuery);
    return received.kind === 'SAMLRequest' ? this.askedToEnd(received) : this.heardOfEnd(received);
  }

  private async askedToEnd(received: Received): Promise<UpstreamSignOut> {
    const { idp, read: request } = await this.withRollOver((expected) => readLogoutRequest(received, expected));
    const answer = await this.answer(request, idp, received.relayState);
    return {
      ...this.whose(request),
      ...(answer && { answer }),
      once: { key: onceKey('logout', request.id), until: request.usableUntil },
    };
  }

  /** The answer to what `end` asked: its state is the only one that fits. */
  private async heardOfEnd(received: Received): Promise<undefined> {
    const { read } = await this.withRollOver((expected) => readLogoutResponse(received, expected));
    if (read.inResponseTo !== requestIdOf(received.relayState ?? '')) {
      throw new Refusal('upstream.untrusted', 'a LogoutResponse does not answer the request of this browser');
    }
    return undefined;
  }

  private whose({ nameId, sessionIndexes }: LogoutRequest): Pick<UpstreamSignOut, 'subject' | 'index'> {
    const [index, more] = sessionIndexes;
    const byAttribute = presetOf(this.parts.settings).subject !== undefined;
    // Where the NameID is not who we know the person as, only the session's own name finds the session.
    if (byAttribute && (index === undefined || more !== undefined)) {
      throw new Refusal(
        'upstream.malformed',
        'a LogoutRequest does not name one session, and the NameID is not the subject',
      );
    }
    return {
      ...(!byAttribute && { subject: nameId.value }),
      ...(index !== undefined && more === undefined && { index }),
    };
  }

  private async answer(
    request: LogoutRequest,
    { signOut }: IdpMetadata,
    relayState: string | undefined,
  ): Promise<NextStep | undefined> {
    const { signer, entityId, tools } = this.parts;
    const endpoint = signOut.redirect ?? signOut.post;
    if (!endpoint) return undefined;
    const destination = endpoint.responseLocation ?? endpoint.location;
    const xml = writeLogoutResponse({
      id: `_${randomBytes(20).toString('hex')}`,
      issuedAt: tools.now(),
      issuer: entityId,
      destination,
      inResponseTo: request.id,
    });
    const byPost = signOut.redirect === undefined;
    return sendTo(destination, { kind: 'SAMLResponse', xml, byPost, relayState, signer, carry: {} });
  }

  private async withRollOver<T>(read: (expected: ExpectedLogout) => T): Promise<{ idp: IdpMetadata; read: T }> {
    const { upstream } = this.parts;
    const idp = await upstream.current();
    try {
      return { idp, read: read(this.expected(idp)) };
    } catch (error) {
      const newer = isUnknownKey(error) ? await upstream.afterUnknownKey(idp) : undefined;
      if (!newer) throw error;
      return { idp: newer, read: read(this.expected(newer)) };
    }
  }

  private expected(idp: IdpMetadata): ExpectedLogout {
    const { settings, tools } = this.parts;
    return {
      now: tools.now(),
      skewSec: settings.clockSkewSec,
      issuer: idp.entityId,
      trust: { keys: idp.signingKeys, allowSha1: settings.allowSha1 },
      destination: tools.doors.slo.href,
    };
  }
}

/** Follows from the state, so that nothing need be kept to know the answer to it. */
const requestIdOf = (state: string): string => `_${createHash('sha256').update(`sign-out ${state}`).digest('hex')}`;
