import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates, requireServer } from '@passbroker/testing';
import { SMTPServer } from 'smtp-server';
import { z } from 'zod';

export const USER = 'passbroker';
export const SECRET = 'canary-mail-password';

/** A letter as Python's mail library reads it: nobody of ours. */
const letter = z.object({
  headers: z.record(z.string(), z.string()),
  text: z.string(),
  html: z.string(),
  defects: z.array(z.string()),
});
export type ParsedLetter = z.infer<typeof letter>;

const PARSER = `
import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
body = lambda kind: m.get_body(preferencelist=(kind,)).get_content()
parts = list(m.walk())
print(json.dumps({'headers': {k.lower(): str(v) for k, v in m.items()}, 'text': body('plain'), 'html': body('html'),
  'defects': [str(d) for p in parts for d in p.defects]}))`;

export function parsed(raw: Buffer): ParsedLetter {
  const read = spawnSync(requireServer('python'), ['-c', PARSER], { input: raw, encoding: 'utf8' });
  return letter.parse(JSON.parse(read.stdout));
}

export interface Envelope {
  from: string;
  to: string[];
  /** Whether it came over TLS, and as whom. */
  secure: boolean;
  user: string | undefined;
  raw: Buffer;
}

export interface MailServer {
  port: number;
  ca: string;
  received: Envelope[];
  /** Every RCPT that was refused. */
  refused: string[];
  /** Every user and password that was offered. */
  offered: string[];
  /** Answers the next so many letters with "try later". */
  stumble: number;
  open(): Promise<void>;
  close(): Promise<void>;
  remove(): Promise<void>;
}

interface Options {
  /** False: a server that offers no STARTTLS. */
  tls?: boolean;
  names?: string[];
}

/** An ordinary submission server: STARTTLS, then AUTH, then letters; it knows one user and refuses gone@. */
export async function startMailServer({ tls = true, names = ['DNS:localhost'] }: Options = {}): Promise<MailServer> {
  const folder = mkdtempSync(join(tmpdir(), 'mail-server-'));
  const { ca, key, certificate } = await makeCertificates(folder, { names });
  let server: SMTPServer | undefined;
  const mail: MailServer = {
    port: 0,
    ca,
    received: [],
    refused: [],
    offered: [],
    stumble: 0,
    open: () =>
      new Promise((resolve, reject) => {
        server = serve();
        server.on('error', reject);
        const listening = server.listen(mail.port, '127.0.0.1', () => {
          const address = listening.address();
          if (address === null || typeof address === 'string') return reject(new Error('no port'));
          mail.port = address.port;
          server?.removeListener('error', reject).on('error', () => undefined);
          resolve();
        });
      }),
    close: () => new Promise((resolve) => (server ? server.close(() => resolve()) : resolve())),
    remove: async () => {
      await mail.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const serve = (): SMTPServer =>
    new SMTPServer({
      key: readFileSync(key),
      cert: readFileSync(certificate),
      // Passwords are taken over TLS only, unless there is none at all.
      allowInsecureAuth: !tls,
      disabledCommands: tls ? [] : ['STARTTLS'],
      disableReverseLookup: true,
      closeTimeout: 200,
      onAuth: ({ username, password }, _session, answer) => {
        mail.offered.push(`${username}:${password}`);
        if (username === USER && password === SECRET) answer(null, { user: USER });
        else answer(new Error('wrong user or password'));
      },
      onRcptTo: ({ address }, _session, answer) => {
        if (!address.startsWith('gone@')) return answer();
        mail.refused.push(address);
        answer(Object.assign(new Error(`no mailbox ${address}`), { responseCode: 550 }));
      },
      onData: (stream, session, answer) => {
        const pieces: Buffer[] = [];
        stream.on('data', (piece: Buffer) => pieces.push(piece));
        stream.on('end', () => {
          if (mail.stumble > 0) {
            mail.stumble -= 1;
            return answer(Object.assign(new Error('try later'), { responseCode: 451 }));
          }
          const { mailFrom, rcptTo } = session.envelope;
          mail.received.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            secure: session.secure,
            user: session.user,
            raw: Buffer.concat(pieces),
          });
          answer();
        });
      },
    });
  await mail.open();
  return mail;
}
