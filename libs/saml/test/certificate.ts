import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** A key pair and its self-signed certificate, made when a test asks for it: no key lies in the repository. */
export interface Pair {
  privateKey: KeyObject;
  /** PEM */
  key: string;
  /** PEM */
  certificate: string;
  /** Base64 of the DER, as XML carries it. */
  bare: string;
}

export interface Wish {
  type?: 'rsa' | 'ec';
  bits?: number;
  name?: string;
  serial?: number;
  from?: Date;
  until?: Date;
}

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const time = (date: Date): Buffer =>
  der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));

const RSA_SHA256 = sequence(oid('2a864886f70d01010b'), der(0x05));
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));

export function makePair(wish: Wish = {}): Pair {
  const { type = 'rsa', bits = 2048, name = 'Test', serial = 1 } = wish;
  const { privateKey, publicKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: bits });
  const algorithm = type === 'ec' ? ECDSA_SHA256 : RSA_SHA256;
  const who = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([serial])),
    algorithm,
    who,
    sequence(time(wish.from ?? new Date('2020-01-01')), time(wish.until ?? new Date('2040-01-01'))),
    who,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = sign('sha256', body, privateKey);
  const bare = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature)).toString('base64');
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const lines = bare.match(/.{1,64}/g) ?? [];
  const certificate = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  return { privateKey: createPrivateKey(key), key, certificate, bare };
}
