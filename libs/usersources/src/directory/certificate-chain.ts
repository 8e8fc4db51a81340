import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';

interface Link {
  name: string;
  until: Date;
}

/** Longer than any real one; a certificate that is its own issuer's issuer would have no end. */
const LONGEST = 10;

/** The server's certificate and those above it, up to the authority we trust: each of them may end one day. */
export function chainOf(socket: TLSSocket): Link[] {
  const links: Link[] = [];
  const seen = new Set<string>();
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (certificate && !seen.has(certificate.fingerprint256) && links.length < LONGEST) {
    seen.add(certificate.fingerprint256);
    links.push({ name: nameOf(certificate.subject), until: new Date(certificate.valid_to) });
    // The last one names itself, or nobody where the authority did not come along.
    certificate = certificate.issuerCertificate;
  }
  return links;
}

/** The one that ends first is the one that matters. */
export function firstToEnd(chain: readonly Link[]): Link | undefined {
  return chain.toSorted((one, other) => one.until.getTime() - other.until.getTime())[0];
}

export const chainInWords = (chain: readonly Link[]): string =>
  chain.map(({ name, until }) => `${name} until ${until.toISOString().slice(0, 10)}`).join(', by ');

function nameOf({ CN, O }: Partial<PeerCertificate['subject']>): string {
  return [CN ?? O ?? '?'].flat().join(', ');
}
