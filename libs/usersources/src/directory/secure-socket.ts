import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls';
import { Refusal } from '@passbroker/model';
import type { MayReach } from '@passbroker/platform';
import { ExtendedRequest } from 'ldapts';
import { addressOf } from '../addresses/reach.js';
import { elements, header, integer } from './ber.js';
import { chainInWords, chainOf } from './certificate-chain.js';
import { ConnectionLost } from './trouble.js';

export interface TlsSettings {
  /** PEM of the authorities to trust; the system's own when absent. */
  ca?: string | undefined;
  /** The name its certificate must hold, when that is not the one we connect to. */
  serverName?: string | undefined;
}

export interface Road extends TlsSettings {
  mayReach: MayReach;
}

/** Who wants to hear of each step that succeeded. */
export interface Steps {
  done(step: 'dns' | 'tcp' | 'starttls' | 'tls', detail: string): void;
}

const START_TLS = '1.3.6.1.4.1.1466.20037';
const PLAIN_PORT = 389;
const SECURE_PORT = 636;

/**
 * A socket to `url` (`ldaps://…`, or `ldap://…` for StartTLS) whose other end has shown a certificate for its name by
 * an authority we trust. There is no other kind: a bind in clear shows the password to the wire, whatever the answer.
 *
 * @throws ConnectionLost that says which step failed.
 */
export async function openSecureSocket(
  url: string,
  road: Road,
  signal: AbortSignal,
  steps?: Steps,
): Promise<TLSSocket> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const startTls = protocol === 'ldap:';
  const address = await resolved(host, road.mayReach, signal, steps);
  const wanted = port === '' ? (startTls ? PLAIN_PORT : SECURE_PORT) : Number(port);
  const tcp = await overTcp(address, wanted, signal);
  steps?.done('tcp', `${address} port ${wanted}`);
  if (startTls) {
    await askForTls(tcp, signal);
    steps?.done('starttls', 'the server agrees');
  }
  const secure = await overTls(tcp, road.serverName ?? host, road.ca, signal);
  steps?.done('tls', `${secure.getProtocol() ?? 'TLS'}, ${chainInWords(chainOf(secure))}`);
  return secure;
}

async function resolved(host: string, mayReach: MayReach, signal: AbortSignal, steps?: Steps): Promise<string> {
  const address = await inTime(addressOf(host, mayReach), signal).catch((error: unknown) => {
    const why = error instanceof Refusal ? error.detail : `${host} is not known (${codeOf(error)})`;
    throw new ConnectionLost(`dns: ${why}`);
  });
  if (isIP(host) === 0) steps?.done('dns', `${host} is ${address}`);
  return address;
}

function overTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port, noDelay: true });
  return settled(socket, 'connect', `tcp: ${host} port ${port}`, signal).then(() => socket);
}

/**
 * The one exchange in clear (RFC 4511 4.14). Whatever comes with the answer or after it in clear was put there by
 * somebody on the wire, to be read as if it had come through TLS: it ends the connection.
 */
async function askForTls(socket: Socket, signal: AbortSignal): Promise<void> {
  socket.write(new ExtendedRequest({ messageId: 1, oid: START_TLS }).write());
  const answer = await new Promise<Buffer>((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const end = (error: ConnectionLost) => {
      socket.destroy();
      reject(error);
    };
    const late = () => end(new ConnectionLost('starttls: no answer in time'));
    signal.addEventListener('abort', late, { once: true });
    socket.once('error', () => end(new ConnectionLost('starttls: the connection broke')));
    socket.once('close', () => end(new ConnectionLost('starttls: the server hung up')));
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      try {
        const whole = header(bytes, 0);
        if (bytes.length > 4096) throw new Error('too long');
        if (!whole || bytes.length < whole.start + whole.length) return;
        if (bytes.length > whole.start + whole.length) throw new Error('and more');
        signal.removeEventListener('abort', late);
        socket.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close');
        socket.pause();
        resolve(bytes.subarray(whole.start));
      } catch {
        end(new ConnectionLost('starttls: the answer cannot be read'));
      }
    });
  });
  let code: number | undefined;
  try {
    const [, operation] = elements(answer);
    code = operation?.tag === 0x78 ? integer(elements(operation.content)[0], 0x0a) : undefined;
  } catch {
    code = undefined;
  }
  if (code === 0) return;
  socket.destroy();
  throw new ConnectionLost(`starttls: the server refuses it (result ${code ?? 'unreadable'})`);
}

function overTls(socket: Socket, name: string, ca: string | undefined, signal: AbortSignal): Promise<TLSSocket> {
  const secure = connectTls({
    socket,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
    // An address is no name to ask for (RFC 6066 3), and is checked all the same.
    ...(isIP(name) === 0 && { servername: name }),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
  });
  return settled(secure, 'secureConnect', `tls: ${name}`, signal).then(() => {
    if (!secure.authorized) {
      secure.destroy();
      throw new ConnectionLost(`tls: ${name} is not trusted`);
    }
    return secure;
  });
}

function settled(socket: Socket, event: string, what: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => {
      signal.removeEventListener('abort', late);
      socket.off('error', broke).off('close', closed).off(event, done);
    };
    const fail = (why: string) => {
      leave();
      socket.on('error', () => undefined); // One more may follow; it has nothing to add.
      socket.destroy();
      reject(new ConnectionLost(`${what}: ${why}`));
    };
    const late = () => fail('no answer in time');
    const broke = (error: Error) => fail(codeOf(error));
    const closed = () => fail('the other side hung up');
    const done = () => {
      leave();
      resolve();
    };
    if (signal.aborted) return late();
    signal.addEventListener('abort', late, { once: true });
    socket.once('error', broke).once('close', closed).once(event, done);
  });
}

function inTime<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error('no answer in time'));
    signal.addEventListener('abort', late, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', late));
  });
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'failed';
