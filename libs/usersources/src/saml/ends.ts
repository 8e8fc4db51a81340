import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import { forecast, readIdpMetadata, trustedKey } from '@passbroker/saml';

/** As they are stored: what is sealed cannot be looked at, and is not needed here. */
const stored = z.object({
  metadata: z.string().optional(),
  idpEntityId: z.string().optional(),
  idpCertificates: z.array(z.string()).optional(),
  spCertificate: z.string().optional(),
});

/** Larger documents are a federation's, and read too often to be parsed with every look at the usersource. */
const LONGEST = 65_536;

/**
 * Which of the certificates and documents that stand in the settings end within a month. Those behind `metadataUrl`
 * are the gateway's to know: its probe tells of them.
 */
export function endsOf(settings: Record<string, unknown>, now: Date): string[] {
  const { metadata, idpEntityId, idpCertificates, spCertificate } = stored.safeParse(settings).data ?? {};
  return [
    ...told(() => (metadata === undefined ? [] : endsOfDocument(metadata, idpEntityId, now))),
    ...told(() => endsOfKeys(idpCertificates ?? [], now)),
    ...told(() => endsOfKeys(spCertificate === undefined ? [] : [spCertificate], now)).map(
      (words) => `spCertificate, which the provider checks us by: ${words}`,
    ),
  ];
}

function endsOfDocument(text: string, wanted: string | undefined, now: Date): string[] {
  if (text.length > LONGEST) return [];
  return forecast(readIdpMetadata(Buffer.from(text), wanted === undefined ? {} : { wanted }), now);
}

function endsOfKeys(certificates: readonly string[], now: Date): string[] {
  return certificates.length === 0 ? [] : forecast({ signingKeys: certificates.map(trustedKey), unusable: [] }, now);
}

/** What cannot be read is the schema's to complain of. */
function told(look: () => string[]): string[] {
  try {
    return look();
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}
