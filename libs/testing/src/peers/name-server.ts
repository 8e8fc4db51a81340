import { createSocket } from 'node:dgram';

const TXT = 16;
const HEADER = 12;

export interface NameServer {
  /** As Node's resolver wants it. */
  address: string;
  /** Texts by name; a name that is not here does not exist. */
  texts: Map<string, string[]>;
  /** What was asked. */
  asked: string[];
  /** Hears and says nothing, as a name server behind a wall. */
  mute: boolean;
  close(): Promise<void>;
}

/** A name server that knows TXT records and nothing else (RFC 1035, section 4). */
export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  const server: NameServer = {
    address: '',
    texts: new Map(),
    asked: [],
    mute: false,
    close: () => new Promise((resolve) => socket.close(resolve)),
  };
  socket.on('message', (query, from) => {
    const { name, end } = questionOf(query);
    server.asked.push(name);
    const texts = query.readUInt16BE(end - 4) === TXT ? (server.texts.get(name) ?? []) : [];
    if (!server.mute)
      socket.send(answer(query.subarray(0, end), server.texts.has(name), texts), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  server.address = `127.0.0.1:${socket.address().port}`;
  return server;
}

function questionOf(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEADER;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 };
}

function answer(question: Buffer, known: boolean, texts: readonly string[]): Buffer {
  const head = Buffer.from(question);
  // An answer, recursion available; 3: there is no such name.
  head.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
  head.writeUInt16BE(texts.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...texts.map(record)]);
}

/** A text is cut into pieces of 255 bytes. */
function record(text: string): Buffer {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const piece = bytes.subarray(at, at + 255);
    pieces.push(Buffer.from([piece.length]), piece);
  }
  const data = Buffer.concat(pieces);
  const fixed = Buffer.alloc(HEADER);
  fixed.writeUInt16BE(0xc00c, 0);
  fixed.writeUInt16BE(TXT, 2);
  fixed.writeUInt16BE(1, 4);
  fixed.writeUInt32BE(60, 6);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}
