import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { readFileSync } from 'node:fs';

import { Ber, BerReader, BerWriter, BindRequest, PagedResultsControl, PresenceFilter, SearchRequest } from 'ldapts';

import { makeCertificates, type CertificateOptions, type Certificates } from '../servers/certificates.js';
import { serverFolder } from '../servers/server-folder.js';

/** What it answers to one question. Nothing at all: success. */
export interface Said {
  /** RFC 4511 result code. */
  code?: number;
  diagnostic?: string;
  entries?: ScriptedEntry[];
  /** Addresses of other servers, as search result references. */
  referrals?: string[];
  /** Controls of the answer, by their OID. */
  controls?: Record<string, Buffer>;
  /** Says nothing, ever. */
  silent?: boolean;
  /** These bytes and nothing else. */
  raw?: Buffer;
  hangUp?: boolean;
}

export interface ScriptedEntry {
  dn: string;
  attributes: Record<string, (string | Buffer)[]>;
}

export interface Question {
  base: string;
  scope: string;
  /** RFC 4515. */
  filter: string;
  /** In lower case. */
  attributes: string[];
  page: { size: number; cookie: string } | undefined;
}

export interface LdapScript {
  bind?: (dn: string, password: string) => Said;
  search?: (question: Question) => Said;
  /** Answer to StartTLS; `alsoSay` follows it in clear, as somebody on the wire would put it there. */
  startTls?: () => Said & { alsoSay?: Buffer };
}

export interface ScriptedLdap {
  /** `ldaps://127.0.0.1:…` and `ldap://127.0.0.1:…`. */
  url: string;
  plainUrl: string;
  tls: Certificates;
  /** Every bind it heard of, and every question. */
  binds: { dn: string; password: string }[];
  questions: Question[];
  /** All bytes that came in clear. */
  inClear: () => Buffer;
  connections: () => number;
  /** From now on it says other things. */
  play(script: LdapScript): void;
  close(): Promise<void>;
}

const OPERATION = { bind: 0x60, unbind: 0x42, search: 0x63, modify: 0x66, extended: 0x77 } as const;
const ANSWER = { bind: 0x61, entry: 0x64, referral: 0x73, search: 0x65, modify: 0x67, extended: 0x78 } as const;

/** An LDAP server that says what it is told to: for what no real one can be brought to say. */
export async function startScriptedLdap(
  first: LdapScript,
  certificates: Omit<CertificateOptions, 'names'> = {},
): Promise<ScriptedLdap> {
  const folder = await serverFolder('scripted-ldap');
  const tls = await makeCertificates(folder.path, { names: ['DNS:ldap.script.test', 'IP:127.0.0.1'], ...certificates });
  const context = { key: readFileSync(tls.key), cert: readFileSync(tls.certificate) };
  const sockets = new Set<Socket>();
  const [binds, questions, clear]: [ScriptedLdap['binds'], Question[], Buffer[]] = [[], [], []];
  let script = first;
  let connections = 0;

  const heard = (socket: Socket, message: Buffer): void => {
    const reader = new BerReader(message);
    reader.readSequence();
    const id = reader.readInt() ?? 0;
    const operation = reader.readSequence();
    switch (operation) {
      case OPERATION.bind: {
        const request = new BindRequest({ messageId: id });
        request.parse(reader, []);
        binds.push({ dn: request.dn, password: request.password });
        return say(socket, id, ANSWER.bind, script.bind?.(request.dn, request.password) ?? {});
      }
      case OPERATION.search: {
        const question = questionIn(reader, id);
        questions.push(question);
        return say(socket, id, ANSWER.search, script.search?.(question) ?? {});
      }
      case OPERATION.extended: {
        const { alsoSay, ...said } = script.startTls?.() ?? {};
        // In one piece, as it would come from a wire somebody writes on.
        socket.cork();
        say(socket, id, ANSWER.extended, said);
        if (alsoSay) socket.write(alsoSay);
        socket.uncork();
        if ((said.code ?? 0) === 0 && !said.silent && !said.raw && !socket.destroyed) upgrade(socket);
        return;
      }
      case OPERATION.modify:
        return say(socket, id, ANSWER.modify, {});
      default:
        socket.destroy();
    }
  };
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let unread = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      if (!(socket instanceof TLSSocket)) clear.push(bytes);
      unread = Buffer.concat([unread, bytes]);
      for (;;) {
        const reader = new BerReader(unread);
        if (reader.readSequence() === null || reader.remain < reader.length) return;
        const end = reader.offset + reader.length;
        const message = unread.subarray(0, end);
        unread = Buffer.from(unread.subarray(end));
        heard(socket, message);
      }
    });
  };
  const upgrade = (socket: Socket): void => {
    socket.removeAllListeners('data');
    serve(new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(context) }));
  };
  const accept = (socket: Socket): void => {
    connections++;
    serve(socket);
  };
  const [secure, plain] = [
    // Entries and result in two pieces: without this the second waits 40 ms for the first to be acknowledged.
    createTlsServer({ ...context, noDelay: true }, accept),
    createServer({ noDelay: true }, accept),
  ];
  secure.on('tlsClientError', () => undefined);
  const [securePort, plainPort] = await Promise.all([listening(secure), listening(plain)]);
  return {
    url: `ldaps://127.0.0.1:${securePort}`,
    plainUrl: `ldap://127.0.0.1:${plainPort}`,
    ...{ tls, binds, questions },
    inClear: () => Buffer.concat(clear),
    connections: () => connections,
    play: (next) => {
      script = next;
      binds.length = questions.length = clear.length = connections = 0;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await Promise.all([secure, plain].map((server) => new Promise<void>((done) => server.close(() => done()))));
      folder.remove();
    },
  };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function questionIn(reader: BerReader, messageId: number): Question {
  const request = new SearchRequest({ messageId, filter: new PresenceFilter({ attribute: 'objectClass' }) });
  request.parse(reader, []);
  const paging = request.controls?.find((control) => control instanceof PagedResultsControl)?.value;
  return {
    base: request.baseDN,
    scope: request.scope,
    filter: request.filter.toString(),
    attributes: request.attributes,
    page: paging && { size: paging.size, cookie: paging.cookie?.toString('utf8') ?? '' },
  };
}

function say(socket: Socket, id: number, answer: number, said: Said): void {
  if (said.silent) return;
  if (said.hangUp) return void socket.destroy();
  if (said.raw) return void socket.write(said.raw);
  for (const entry of said.entries ?? []) socket.write(entryMessage(id, entry));
  for (const address of said.referrals ?? []) {
    socket.write(ldapMessage(id, ANSWER.referral, (writer) => writer.writeString(address)));
  }
  socket.write(resultMessage(id, answer, said));
}

function entryMessage(id: number, { dn, attributes }: ScriptedEntry): Buffer {
  return ldapMessage(id, ANSWER.entry, (writer) => {
    writer.writeString(dn);
    writer.startSequence();
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(0x31);
      for (const value of values) writer.writeBuffer(Buffer.from(value), Ber.OctetString);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
  });
}

export const resultMessage = (id: number, answer: number, { code = 0, diagnostic = '', controls }: Said): Buffer =>
  ldapMessage(
    id,
    answer,
    (writer) => {
      writer.writeEnumeration(code);
      writer.writeString('');
      writer.writeString(diagnostic);
    },
    controls,
  );

function ldapMessage(
  id: number,
  tag: number,
  content: (writer: BerWriter) => void,
  controls?: Record<string, Buffer>,
): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(tag);
  content(writer);
  writer.endSequence();
  if (controls) {
    writer.startSequence(0xa0);
    for (const [oid, value] of Object.entries(controls)) {
      writer.startSequence();
      writer.writeString(oid);
      writer.writeBuffer(value, Ber.OctetString);
      writer.endSequence();
    }
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
}

/** The control that says "there is more", or with an empty cookie "that was all" (RFC 2696). */
export function pageControl(cookie: string): Record<string, Buffer> {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(0);
  writer.writeString(cookie);
  writer.endSequence();
  return { [PagedResultsControl.type]: writer.buffer };
}
