import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import { METADATA_LIMITS, readIdpMetadata, trustedKey, type IdpMetadata } from '@passbroker/saml';
import type { UsersourceTools } from '../usersource.js';
import type { SamlSettings } from './saml.settings.js';

/** How long a replica goes by what it has read, before it looks whether another one has read something newer. */
const GLANCE_MS = 60_000;
/** How old the last good metadata may be before it is asked for again, unless upstream wants it sooner. */
const FRESH_MS = 3_600_000;
/** Between two fetches of all replicas together: a flood of forged messages must not become one of requests. */
const PAUSE_SEC = 60;
const REMEMBERED_SEC = 30 * 86_400;

type Tools = Pick<UsersourceTools, 'fetch' | 'now' | 'memory' | 'keysChanged'>;

interface Document {
  metadata: IdpMetadata;
  /** Fingerprints of all keys that it names, pinned or not. */
  named: readonly string[];
}

interface Kept extends Document {
  text: string;
  fetchedAt: number;
  lookedAt: number;
}

/**
 * Who upstream is and which keys it signs with. By hand or from XML it is what the admin wrote. By address it
 * is the last good document: a newer one replaces it when it can be read, has not expired and, if a certificate
 * is pinned, is signed by it; else the last good one stays.
 */
export class UpstreamIdp {
  private readonly fixed: IdpMetadata | undefined;
  private kept: Kept | undefined;
  private fetching: Promise<IdpMetadata> | undefined;
  private readonly memoryName: string;

  constructor(
    private readonly settings: SamlSettings,
    private readonly tools: Tools,
  ) {
    if (settings.metadataUrl === undefined) this.fixed = fixedIdp(settings);
    this.memoryName = memoryNameOf(settings);
  }

  /** @throws Refusal usersource.misconfigured when the document has expired, usersource.unreachable when there never was one */
  async current(): Promise<IdpMetadata> {
    if (this.fixed) return this.valid(this.fixed);
    await this.glance(GLANCE_MS);
    const { kept } = this;
    if (!kept) return this.fetchAgain();
    if (this.isStale(kept) && (await this.tools.memory.oncePer(`${this.memoryName}:asked`, PAUSE_SEC))) {
      // Nobody waits for it: the sign-in at hand goes by the last good one, whatever becomes of the fetch.
      this.fetchAgain().catch(() => undefined);
    }
    return this.valid(kept.metadata);
  }

  /**
   * A message came that none of the known keys fits: perhaps upstream has a new one and told nobody.
   *
   * @returns other metadata than `known`, if there is some and nobody has asked within the last minute
   */
  async afterUnknownKey(known: IdpMetadata): Promise<IdpMetadata | undefined> {
    if (this.fixed) return undefined;
    await this.glance(0);
    if (this.kept && !sameKeys(this.kept.metadata, known)) return this.valid(this.kept.metadata);
    if (!(await this.tools.memory.oncePer(`${this.memoryName}:asked`, PAUSE_SEC))) return undefined;
    const fetched = await this.fetchAgain().catch(() => undefined);
    return fetched && !sameKeys(fetched, known) ? this.valid(fetched) : undefined;
  }

  /** Asks now, whatever was asked before: for the admin's test. */
  async probe(): Promise<IdpMetadata> {
    return this.valid(this.fixed ?? (await this.fetchAgain()));
  }

  /** What another replica may have read since. */
  private async glance(olderThan: number): Promise<void> {
    const now = this.tools.now().getTime();
    if (this.kept && now - this.kept.lookedAt < olderThan) return;
    const found = readRemembered(await this.tools.memory.read(this.memoryName));
    if (this.kept) this.kept.lookedAt = now;
    if (!found || found.text === this.kept?.text) {
      if (found && this.kept) this.kept.fetchedAt = Math.max(this.kept.fetchedAt, found.fetchedAt);
      return;
    }
    try {
      this.kept = { ...found, ...this.read(found.text), lookedAt: now };
    } catch {
      // Remembered under other settings: it is asked for again.
    }
  }

  private isStale({ fetchedAt, metadata }: Kept): boolean {
    const wanted = metadata.cacheSeconds === undefined ? FRESH_MS : metadata.cacheSeconds * 1000;
    return this.tools.now().getTime() - fetchedAt > Math.min(FRESH_MS, Math.max(wanted, PAUSE_SEC * 1000));
  }

  private fetchAgain(): Promise<IdpMetadata> {
    this.fetching ??= this.fetch().finally(() => (this.fetching = undefined));
    return this.fetching;
  }

  private async fetch(): Promise<IdpMetadata> {
    const text = await this.download();
    const read = this.read(text);
    this.valid(read.metadata);
    await this.glance(0);
    this.tellOfKeys(this.kept?.named, read.named);
    const now = this.tools.now().getTime();
    this.kept = { text, ...read, fetchedAt: now, lookedAt: now };
    await this.tools.memory.write(this.memoryName, JSON.stringify({ fetchedAt: now, text }), REMEMBERED_SEC);
    return read.metadata;
  }

  /** Whoever took the address over would add a key of his own: the admin finds when that was (SAML-SP-129). */
  private tellOfKeys(before: readonly string[] | undefined, now: readonly string[]): void {
    if (!before) return;
    const added = now.filter((one) => !before.includes(one));
    const removed = before.filter((one) => !now.includes(one));
    if (added.length + removed.length > 0) this.tools.keysChanged({ added, removed });
  }

  private async download(): Promise<string> {
    try {
      const answer = await this.tools.fetch(this.settings.metadataUrl ?? '', {
        headers: { accept: 'application/samlmetadata+xml, application/xml;q=0.9, text/xml;q=0.8' },
      });
      if (!answer.ok) throw new Refusal('usersource.unreachable', `the metadata address answered ${answer.status}`);
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (bytes.length > METADATA_LIMITS.bytes) throw new Refusal('upstream.malformed', 'the metadata is too long');
      return bytes.toString();
    } catch (cause) {
      if (cause instanceof Refusal) throw cause;
      throw new Refusal('usersource.unreachable', 'the metadata address does not answer', { cause });
    }
  }

  private read(text: string): Document {
    const metadata = readIdpMetadata(Buffer.from(text), readingOf(this.settings));
    const named = metadata.signingKeys.map(({ fingerprint }) => fingerprint);
    return { metadata: withPins(metadata, this.settings), named };
  }

  private valid(metadata: IdpMetadata): IdpMetadata {
    if (metadata.validUntil && metadata.validUntil <= this.tools.now()) {
      throw new Refusal('usersource.misconfigured', `the metadata ended on ${metadata.validUntil.toISOString()}`);
    }
    return metadata;
  }
}

const readingOf = ({ idpEntityId, metadataCertificate, allowSha1 }: SamlSettings) => ({
  ...(idpEntityId !== undefined && { wanted: idpEntityId }),
  ...(metadataCertificate !== undefined && { signedBy: { keys: [trustedKey(metadataCertificate)], allowSha1 } }),
});

function fixedIdp(settings: SamlSettings): IdpMetadata {
  if (settings.metadata !== undefined) {
    return withPins(readIdpMetadata(Buffer.from(settings.metadata), readingOf(settings)), settings);
  }
  const { idpEntityId = '', idpSsoUrl = '', idpSloUrl, idpCertificates = [] } = settings;
  const both = (location: string | undefined) =>
    location === undefined ? {} : { redirect: { location }, post: { location } };
  return {
    entityId: idpEntityId,
    signingKeys: idpCertificates.map(trustedKey),
    unusable: [],
    wantsSignedRequests: false,
    signIn: both(idpSsoUrl),
    signOut: both(idpSloUrl),
    nameIdFormats: [],
  };
}

/** Certificates named beside metadata are all that is trusted of it: a new one waits for the admin (SAML-SP-129). */
function withPins(metadata: IdpMetadata, { idpCertificates }: SamlSettings): IdpMetadata {
  if (idpCertificates === undefined) return metadata;
  const pinned = new Set(idpCertificates.map((each) => trustedKey(each).fingerprint));
  const waiting = metadata.signingKeys.filter(({ fingerprint }) => !pinned.has(fingerprint));
  const signingKeys = metadata.signingKeys.filter(({ fingerprint }) => pinned.has(fingerprint));
  const notes = waiting.map(
    ({ fingerprint }) => `the certificate ${fingerprint} is in the metadata but not in idpCertificates`,
  );
  if (signingKeys.length === 0)
    throw new Refusal('upstream.untrusted', ['no pinned certificate is left', ...notes].join('; '));
  return { ...metadata, signingKeys, unusable: [...metadata.unusable, ...notes] };
}

const sameKeys = (a: IdpMetadata, b: IdpMetadata): boolean =>
  a.signingKeys.map((key) => key.fingerprint).join() === b.signingKeys.map((key) => key.fingerprint).join();

/** What was read from another address, or under another pin, is not what these settings trust. */
const memoryNameOf = ({ metadataUrl, idpEntityId, metadataCertificate }: SamlSettings): string => {
  const settings = JSON.stringify([metadataUrl, idpEntityId, metadataCertificate]);
  return `metadata-${createHash('sha256').update(settings).digest('base64url').slice(0, 16)}`;
};

const remembered = z.strictObject({ text: z.string(), fetchedAt: z.number() });

function readRemembered(stored: string | undefined): z.infer<typeof remembered> | undefined {
  if (stored === undefined) return undefined;
  try {
    return remembered.parse(JSON.parse(stored));
  } catch {
    return undefined;
  }
}
