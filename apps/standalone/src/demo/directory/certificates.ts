import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface CertificateFiles {
  /** The authority, of which only the certificate is left. */
  ca: string;
  key: string;
  certificate: string;
}

export const certificatesIn = (folder: string): CertificateFiles => ({
  ca: join(folder, 'ca.pem'),
  key: join(folder, 'server.key'),
  certificate: join(folder, 'server.pem'),
});

/** An authority of one certificate: its key is thrown away with the temporary file, so that it never signs another. */
export async function makeCertificates(openssl: string, folder: string): Promise<void> {
  const { ca, key, certificate } = certificatesIn(folder);
  const at = (name: string): string => join(folder, name);
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha256', '-nodes'];
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    'extendedKeyUsage=serverAuth',
    'subjectAltName=IP:127.0.0.1',
  ];
  await writeFile(at('extensions'), extensions.join('\n'));
  await Promise.all([
    run(openssl, [
      ...['req', '-x509', ...ec, '-days', '3650', '-subj', '/O=Acme/CN=Acme demo authority'],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', at('ca.key'), '-out', ca],
    ]),
    run(openssl, ['req', ...ec, '-subj', '/O=Acme/CN=Acme directory', '-keyout', key, '-out', at('server.csr')]),
  ]);
  await run(openssl, [
    ...['x509', '-req', '-sha256', '-in', at('server.csr'), '-CA', ca, '-CAkey', at('ca.key'), '-CAcreateserial'],
    ...['-days', '3650', '-extfile', at('extensions'), '-out', certificate],
  ]);
}

/** What only the making of certificates needed. */
export const LEFTOVERS = ['ca.key', 'ca.srl', 'server.csr', 'extensions'];
