import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

import { searchPath, serverEnvironment } from './server.config.js';

export interface Account {
  uid: number;
  gid: number;
}

export function findOnPath(name: string, path = searchPath()): string | undefined {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * A command the kernel signals when we die, however we die. A broker taken by SIGKILL or the OOM killer would
 * otherwise leave a database behind that nobody stops. Without util-linux's setpriv we go without.
 */
export function tied(signal: 'INT' | 'TERM' | 'KILL', command: string, args: string[]): [string, string[]] {
  const setpriv = findOnPath('setpriv', '/usr/bin:/bin');
  return setpriv ? [setpriv, ['--pdeathsig', signal, '--', command, ...args]] : [command, args];
}

export interface Running {
  readonly pid: number;
  /** Resolves, never rejects, with how it ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export interface ServerCommand {
  name: string;
  command: string;
  args: string[];
  stopSignal: 'SIGINT' | 'SIGTERM';
  ready: RegExp;
  onLine: (line: string) => void;
  input?: string;
  account?: Account | undefined;
}

const START_MS = 60_000;
const STOP_MS = 10_000;

/** Spawns a server, and resolves once it has said that it is ready. */
export async function runServer(server: ServerCommand): Promise<Running> {
  const [command, args] = tied(server.stopSignal === 'SIGINT' ? 'INT' : 'TERM', server.command, server.args);
  const child = spawn(command, args, {
    cwd: '/', // Our own folder may be closed to it.
    env: serverEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C reaches the whole group: it must not take the database before the broker has drained.
    detached: true,
    ...server.account,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(server.input ?? '');

  const lastLines: string[] = [];
  const ended = endOf(child, () => lastLines.join(' | '));
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${server.name} was not ready within ${START_MS / 1000} s`));
    }, START_MS);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lastLines.push(line);
        if (lastLines.length > 5) lastLines.shift();
        server.onLine(line);
        if (!server.ready.test(line)) return;
        clearTimeout(late);
        resolve();
      });
    }
    void ended.then((how) => {
      clearTimeout(late);
      reject(new Error(`${server.name} did not start: ${how}`));
    });
  });
  return { pid: child.pid ?? -1, ended, stop: () => stopChild(child, ended, server.stopSignal) };
}

export function endOf(child: ChildProcess, lastWords: () => string = () => ''): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      // The pipes may still hold the line that says why.
      setImmediate(() => resolve([signal ?? `exit code ${code ?? '?'}`, lastWords()].filter(Boolean).join(': ')));
    });
  });
}

export async function stopChild(child: ChildProcess, ended: Promise<string>, signal: NodeJS.Signals): Promise<void> {
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.kill(signal);
  await ended;
  clearTimeout(patience);
}
