import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProgramOptions {
  command?: string;
  args: string[];
  /** Besides PATH and LANG, which are ours. */
  env?: Record<string, string>;
  cwd?: string;
  /** Gives up root. */
  account?: { uid: number; gid: number };
}

export interface Program {
  pid: number;
  stdout(): string;
  stderr(): string;
  /** Milliseconds from the start until it had written this. @throws when it ends before that */
  said(what: string, withinMs?: number): Promise<number>;
  /** How it ended by itself. */
  ended: Promise<number | null>;
  /** Asks it to end, and answers with its exit code; kills it when it does not. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<{ code: number | null; ms: number }>;
}

const STOP_MS = 15_000;

/** One of our programs, as an operator starts it. It never outlives the tests. */
export function startProgram({
  command = process.execPath,
  args,
  env = {},
  cwd = process.cwd(),
  account,
}: ProgramOptions): Program {
  const since = performance.now();
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', HOME: '/nonexistent', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command} did not start`);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (out += piece));
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (err += piece));
  const kill = () => {
    // Its children first, which would lose their parent and so their name.
    for (const victim of [...descendantsOf(pid), pid]) signal(victim, 'SIGKILL');
  };
  process.once('exit', kill);
  let over = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      over = true;
      process.off('exit', kill);
      resolve(code);
    });
  });
  return {
    pid,
    stdout: () => out,
    stderr: () => err,
    ended,
    said: async (what, withinMs = 60_000) => {
      while (!out.includes(what)) {
        if (over) throw new Error(`it ended before it said "${what}":\n${out}${err}`);
        if (performance.now() - since > withinMs) throw new Error(`it did not say "${what}":\n${out}${err}`);
        await sleep(5);
      }
      return performance.now() - since;
    },
    stop: async (how = 'SIGTERM') => {
      const from = performance.now();
      const patience = setTimeout(kill, STOP_MS);
      if (!over) child.kill(how);
      const code = await ended;
      clearTimeout(patience);
      return { code, ms: performance.now() - from };
    },
  };
}

/** Everything that runs below a process, deepest first. */
export function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // The name in brackets may itself hold brackets: the parent is the second word after the last one.
      const parent = Number(/^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8'))?.[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
    } catch {
      // It ended while we looked.
    }
  }
  const below = (of: number): number[] => (children.get(of) ?? []).flatMap((child) => [...below(child), child]);
  return below(pid);
}

export function isAlive(pid: number): boolean {
  return signal(pid, 0);
}

function signal(pid: number, what: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, what);
    return true;
  } catch {
    return false;
  }
}
