import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface Certificates {
  /** PEM of the authority that signed the server's certificate, and the file it is in. */
  ca: string;
  caFile: string;
  /** PEM of an authority that signed nothing here. */
  otherCa: string;
  key: string;
  certificate: string;
}

export interface CertificateOptions {
  /** Subject alternative names, as OpenSSL writes them: `DNS:dc1.acme.test`, `IP:127.0.0.1`. */
  names: string[];
  /** Days from now until the server's certificate ends; below zero: it ended that long ago. */
  days?: number;
  /** And until its authority does. */
  authorityDays?: number;
}

const openssl = (args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });

/** A private authority, a server's certificate by it, and a stranger's authority, in files in `folder`. */
export async function makeCertificates(
  folder: string,
  { names, days = 3650, authorityDays = 3650 }: CertificateOptions,
): Promise<Certificates> {
  await mkdir(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  for (const [name, organisation] of [
    ['ca', 'Test'],
    ['other-ca', 'Somebody Else'],
  ] as const) {
    openssl([
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-sha256',
        '-nodes',
        '-days',
        String(authorityDays),
      ],
      ...['-subj', `/O=${organisation}/CN=${organisation} Root`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
      ...['-addext', 'basicConstraints=critical,CA:TRUE', '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)],
    ]);
  }
  writeFileSync(
    at('server.ext'),
    `basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\nsubjectAltName=${names.join(',')}\n`,
  );
  // RSA: GnuTLS and OpenSSL of every age can serve it.
  openssl([
    ...['req', '-newkey', 'rsa:2048', '-sha256', '-nodes', '-subj', '/O=Test/CN=directory'],
    ...['-keyout', at('server.key'), '-out', at('server.csr')],
  ]);
  openssl([
    ...['x509', '-req', '-sha256', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
    ...['-CAcreateserial', '-days', String(days), '-extfile', at('server.ext'), '-out', at('server.pem')],
  ]);
  await chmod(at('server.key'), 0o600);
  return {
    ca: readFileSync(at('ca.pem'), 'utf8'),
    caFile: at('ca.pem'),
    otherCa: readFileSync(at('other-ca.pem'), 'utf8'),
    key: at('server.key'),
    certificate: at('server.pem'),
  };
}
