import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { Refusal, type IdentityAssertion, type SignInAsk } from '@passbroker/model';
import {
  forecast,
  isUnknownKey,
  readResponse,
  receivePost,
  signEnveloped,
  signerFrom,
  writeAuthnRequest,
  writeSpMetadata,
  type Expected,
  type IdpMetadata,
  type SamlIdentity,
  type Signer,
} from '@passbroker/saml';
import { listedAddress } from '../addresses/return-url.js';
import type {
  Carried,
  Health,
  NextStep,
  Reply,
  UpstreamSession,
  UpstreamSignOut,
  Usersource,
  UsersourceTools,
  UsersourceType,
} from '../usersource.js';
import { identityOf, presetOf } from './identity.js';
import { areOfOnePair, samlSettings, type SamlSettings } from './saml.settings.js';
import { sendTo } from './sending.js';
import { SignOut } from './sign-out.js';
import { UpstreamIdp } from './upstream-idp.js';

export const saml: UsersourceType<SamlSettings> = {
  type: 'saml',
  settings: samlSettings,
  open: (settings, tools) => new SamlUsersource(settings, tools),
};

class SamlUsersource implements Usersource {
  private readonly upstream: UpstreamIdp;
  private readonly entityId: string;
  private readonly key: KeyObject | undefined;
  private readonly signer: Signer | undefined;
  private readonly signOut: SignOut;

  constructor(
    private readonly settings: SamlSettings,
    private readonly tools: UsersourceTools,
  ) {
    const { spKey, spCertificate } = settings;
    this.upstream = new UpstreamIdp(settings, tools);
    this.entityId = settings.entityId ?? tools.doors.metadata.href;
    this.key = spKey === undefined ? undefined : createPrivateKey(spKey);
    this.signer = this.key && signerFrom(this.key, spCertificate);
    this.signOut = new SignOut({
      settings,
      tools,
      upstream: this.upstream,
      entityId: this.entityId,
      signer: this.signer,
    });
  }

  async begin(_transaction: string, ask: SignInAsk): Promise<NextStep> {
    const idp = await this.upstream.current();
    const endpoints = idp.signIn;
    const byPost =
      this.settings.requestBinding === 'post' ? endpoints.post !== undefined : endpoints.redirect === undefined;
    const endpoint = byPost ? endpoints.post : endpoints.redirect;
    if (!endpoint)
      throw new Refusal('usersource.misconfigured', 'upstream has no address for signing in that we can use');
    const id = `_${randomBytes(20).toString('hex')}`;
    const relayState = randomBytes(12).toString('base64url');
    const now = this.tools.now();
    const freshSince = freshSinceOf(ask, now);
    const { nameIdFormat } = presetOf(this.settings);
    const xml = writeAuthnRequest({
      id,
      issuedAt: now,
      issuer: this.entityId,
      destination: endpoint.location,
      acs: this.tools.doors.acs.href,
      forceAuthn: freshSince !== undefined,
      isPassive: ask.silent,
      ...(nameIdFormat !== undefined && { nameIdFormat }),
      contexts: this.settings.authnContexts,
      comparison: this.settings.authnContextComparison,
    });
    const carry: Carried = {
      request: id,
      relayState,
      ...(ask.silent && { silent: 'yes' }),
      ...(freshSince && { freshSince: freshSince.toISOString() }),
    };
    const signer = this.settings.signRequests ? this.signer : undefined;
    return sendTo(endpoint.location, { kind: 'SAMLRequest', xml, byPost, relayState, signer, carry });
  }

  async finish(reply: Reply, carried: Carried): Promise<IdentityAssertion> {
    // By redirect a response would stand in logs and histories, and its signature beside it (saml-profiles, 4.1.2).
    if (reply.method !== 'POST') throw new Refusal('upstream.malformed', 'a response is not posted');
    const received = receivePost(reply.fields);
    if (received.kind !== 'SAMLResponse') throw new Refusal('upstream.malformed', 'a request where a response is due');
    const request = this.requestOf(carried, received.relayState);
    const read = await this.readWithRollOver(received.bytes, request);
    const identity = identityOf(read, this.settings, this.tools.slug);
    const to = request ? undefined : listedAddress(received.relayState, this.settings.relayStates);
    return { ...identity, ...(to !== undefined && { to }) };
  }

  /** The request of this browser; nothing where the identity provider began, if it may. */
  private requestOf(carried: Carried, relayState: string | undefined): Expected['request'] {
    const { request: id, silent, freshSince } = carried;
    const answersOurs = id !== undefined && relayState === carried['relayState'];
    if (answersOurs) {
      return { id, silent: silent === 'yes', ...(freshSince !== undefined && { freshSince: new Date(freshSince) }) };
    }
    if (this.settings.idpInitiated) return undefined;
    throw new Refusal('upstream.untrusted', 'a response that nobody in this browser asked for');
  }

  /** Once more with newer metadata when none of the keys fits: upstream may have changed its key and told nobody. */
  private async readWithRollOver(bytes: Uint8Array, request: Expected['request']): Promise<SamlIdentity> {
    const idp = await this.upstream.current();
    try {
      return readResponse(bytes, this.expected(idp, request));
    } catch (error) {
      const newer = isUnknownKey(error) ? await this.upstream.afterUnknownKey(idp) : undefined;
      if (!newer) throw error;
      return readResponse(bytes, this.expected(newer, request));
    }
  }

  private expected(idp: IdpMetadata, request: Expected['request']): Expected {
    const { clockSkewSec, allowSha1, signed, requireEncryption, authnContexts, authnContextComparison } = this.settings;
    return {
      now: this.tools.now(),
      skewSec: clockSkewSec,
      issuer: idp.entityId,
      trust: { keys: idp.signingKeys, allowSha1 },
      audience: this.entityId,
      destination: this.tools.doors.acs.href,
      signed,
      encrypted: requireEncryption,
      decryptionKeys: this.key ? [this.key] : [],
      ...(request && { request }),
      // Which contexts are at least as good as those asked for, only upstream knows.
      contexts: authnContextComparison === 'exact' ? authnContexts : [],
    };
  }

  end(session: UpstreamSession, state: string): Promise<NextStep | undefined> {
    return this.signOut.end(session, state);
  }

  ended(reply: Reply): Promise<UpstreamSignOut | undefined> {
    return this.signOut.ended(reply);
  }

  async metadata(): Promise<{ type: string; body: string }> {
    const { spCertificate, signRequests, signed } = this.settings;
    const { nameIdFormat } = presetOf(this.settings);
    const xml = writeSpMetadata({
      id: '_metadata',
      entityId: this.entityId,
      acs: this.tools.doors.acs.href,
      signOut: this.tools.doors.slo.href,
      certificates: spCertificate === undefined ? [] : [spCertificate.replace(/-----[A-Z ]+-----|\s+/g, '')],
      requestsSigned: this.signer !== undefined && signRequests,
      assertionsSigned: signed === 'assertion' || signed === 'both',
      ...(nameIdFormat !== undefined && { nameIdFormat }),
    });
    return { type: 'application/samlmetadata+xml', body: this.signer ? await signEnveloped(xml, this.signer) : xml };
  }

  async probe(): Promise<Health> {
    const step = this.settings.metadataUrl === undefined ? 'metadata' : 'metadata address';
    try {
      const idp = await this.upstream.probe();
      const keys = idp.signingKeys.map(({ fingerprint, validTo }) => `${fingerprint} until ${validTo.toISOString()}`);
      const soon = forecast(idp, this.tools.now());
      const paired = areOfOnePair(this.settings);
      const unsigned = idp.wantsSignedRequests && (this.signer === undefined || !this.settings.signRequests);
      return {
        state: 'ok',
        steps: [
          { step, ok: true, detail: `${idp.entityId} says who it is` },
          { step: 'signing keys', ok: soon.length === 0, detail: [...keys, ...soon].join('; ') },
          // A kept secret cannot be looked at when its certificate is changed.
          { step: 'spKey', ok: paired, detail: paired ? 'fits spCertificate' : 'is not the key of spCertificate' },
          {
            step: 'signed requests',
            ok: !unsigned,
            detail: unsigned
              ? 'upstream wants them, and there is no spKey, or signRequests is off'
              : 'as upstream wants it',
          },
        ],
      };
    } catch (error) {
      const detail = error instanceof Refusal ? error.detail : 'cannot be read';
      return { state: 'down', steps: [{ step, ok: false, detail }] };
    }
  }
}

/** Since when somebody must have proved themselves. An age cannot be said in SAML: upstream is asked to begin anew. */
function freshSinceOf({ forceFresh, maxAge }: SignInAsk, now: Date): Date | undefined {
  if (forceFresh) return now;
  return maxAge === undefined ? undefined : new Date(now.getTime() - maxAge * 1000);
}
