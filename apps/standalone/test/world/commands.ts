import type { FaultProxy } from '@passbroker/testing';

/** Collects, of one connection, what a client asks of Redis: RESP arrays of bulk strings. */
function redisReader(onCommand: (words: string[]) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const read = oneCommand(rest);
      if (!read) return;
      rest = rest.subarray(read.length);
      onCommand(read.words);
    }
  };
}

function oneCommand(bytes: Buffer): { words: string[]; length: number } | undefined {
  let at = 0;
  const number = (sign: string): number | undefined => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const line = bytes.toString('latin1', at, end);
    if (!line.startsWith(sign)) throw new Error(`no RESP: ${line.slice(0, 20)}`);
    at = end + 2;
    return Number(line.slice(1));
  };
  const count = number('*');
  if (count === undefined) return undefined;
  const words: string[] = [];
  for (let word = 0; word < count; word += 1) {
    const length = number('$');
    if (length === undefined || bytes.length < at + length + 2) return undefined;
    words.push(bytes.toString('utf8', at, at + length));
    at += length + 2;
  }
  return { words, length: at };
}

/** Collects, of one connection, the statements a client sends to Postgres: simple queries and parses. */
function postgresReader(onStatement: (text: string) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  let started = false;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      // The first message has no type.
      const head = started ? 1 : 0;
      if (rest.length < head + 4) return;
      const length = head + rest.readUInt32BE(head);
      if (rest.length < length) return;
      const type = started ? rest.toString('latin1', 0, 1) : '';
      const body = rest.subarray(head + 4, length);
      rest = rest.subarray(length);
      started = true;
      if (type === 'Q') onStatement(textAt(body, 0));
      if (type === 'P') onStatement(textAt(body, body.indexOf(0) + 1));
    }
  };
}

const textAt = (body: Buffer, from: number): string => body.toString('utf8', from, body.indexOf(0, from));

export interface Ear {
  /** What was heard since it was last asked. */
  take(): string[];
}

/** Of a service itself and of nobody's sign-in: how the bus listens, and how the audit is stored. */
const REDIS_BACKGROUND = new Set([
  'XREADGROUP',
  'XACK',
  'XDEL',
  'XAUTOCLAIM',
  'SUBSCRIBE',
  'PING',
  'INFO',
  'HELLO',
  'CLIENT',
]);
const SQL_BACKGROUND =
  /catalog\.change_log|catalog\.audit_event|from catalog\.pending_change|^(begin|commit|start transaction)/i;

/** Commands that clients send on connections from now on; what scripts do inside Redis is one command. */
export function hearCommands(proxy: FaultProxy): Ear {
  return hear(proxy, (note) =>
    redisReader((words) => {
      const name = (words[0] ?? '').toUpperCase();
      if (REDIS_BACKGROUND.has(name) || words[1] === 'usersources-down') return;
      const key = ['EVAL', 'EVALSHA'].includes(name) ? words[3] : words[1];
      note(`${name} ${(key ?? '').split(':').slice(0, 1).join(':')}`.trim());
    }),
  );
}

export function hearStatements(proxy: FaultProxy): Ear {
  return hear(proxy, (note) =>
    postgresReader((text) => {
      if (!SQL_BACKGROUND.test(text.trim())) note(text.replaceAll(/\s+/g, ' ').trim().slice(0, 90));
    }),
  );
}

function hear(proxy: FaultProxy, reader: (note: (text: string) => void) => (bytes: Buffer) => void): Ear {
  let heard: string[] = [];
  proxy.listen(() => ({ sent: reader((text) => void heard.push(text)) }));
  return {
    take: () => {
      const taken = heard;
      heard = [];
      return taken;
    },
  };
}
