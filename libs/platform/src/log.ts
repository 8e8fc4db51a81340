import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/**
 * Names whose values must never be written, wherever an object carries them. The list is the last line of
 * defence (invariant 8): code does not log these in the first place.
 */
const SECRETS = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'apiKey',
  'client_secret',
  'multipass',
  'signature',
  'sso',
  'assertion',
  'SAMLResponse',
  'refresh_token',
  'access_token',
  'id_token',
];

export function createLogger(service: string, level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination ?? (output ??= gathered()));
}

/** How much is gathered before it is written, in bytes, and how long it waits at most, in ms. */
const GATHERED_BYTES = 4_096;
const GATHERED_MS = 100;

/** One for all services of a process: lines of two writers would get into each other. */
let output: DestinationStream | undefined;

/**
 * Standard output, some lines at a time: a write for every line costs a busy minter a twentieth of its time. What is
 * left is written when the process ends, however it ends, but for a kill that nobody hears.
 */
function gathered(): DestinationStream {
  const stream = pino.destination({ dest: 1, sync: false, minLength: GATHERED_BYTES });
  setInterval(() => stream.flush(), GATHERED_MS).unref();
  return stream;
}

/**
 * For the one line per request, whose fields are fixed and hold nothing secret: looking each line through for
 * secrets costs as much as writing it.
 */
export const requestLog = (log: Logger): Logger => log.child({}, { redact: [] });

/** A URL fit for a log: the query is dropped, for it may carry a Multipass token or a code. */
export const pathOnly = (url: string): string => url.split('?', 1)[0] ?? '';

/** Longer names are no route of ours: somebody's token, walk or essay, and not for the log. */
const LONGEST_NAME = 26;

/** An address for the log: without its query, and without what may be a secret in its path. */
export const pathForLog = (url: string): string =>
  pathOnly(url)
    .split('/')
    .map((name) => (name.length > LONGEST_NAME ? '…' : name))
    .join('/')
    .slice(0, 200);
