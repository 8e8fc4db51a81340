import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOnPath } from '@passbroker/platform';

export interface PeerCommand {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  cwd?: string;
  /** Where it will listen; it counts as started once somebody accepts there. */
  port: number;
  /** Where else than at 127.0.0.1. */
  host?: string;
  /** Gives up root. */
  account?: { uid: number; gid: number };
}

export interface PeerProcess {
  stop(): Promise<void>;
  /** To it alone: SIGSTOP is a machine that hangs. */
  signal(signal: NodeJS.Signals): void;
  /** The last lines it wrote. */
  output(): string;
}

const START_MS = 15_000;
const STOP_MS = 3_000;

/** Starts somebody else's program; it ends at `stop`, and with the process that started it, however that ends. */
export async function startPeer(peer: PeerCommand): Promise<PeerProcess> {
  const [command, args] = tiedToUs(peer);
  const child = spawn(command, args, {
    cwd: peer.cwd ?? '/',
    // Nothing of ours leaks into a stranger's configuration.
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...peer.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      lines.push(...chunk.toString('utf8').split('\n').filter(Boolean));
      lines.splice(0, lines.length - 40);
    });
  }
  const output = () => lines.join('\n');
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  let ended = false;
  const end = new Promise<void>((resolve) => {
    const settle = () => {
      ended = true;
      process.off('exit', kill);
      resolve();
    };
    child.once('error', (error) => {
      lines.push(error.message);
      settle();
    });
    child.once('exit', settle);
  });
  const stop = async () => {
    const patience = setTimeout(kill, STOP_MS);
    if (!ended) child.kill('SIGTERM');
    await end;
    clearTimeout(patience);
  };

  const deadline = Date.now() + START_MS;
  while (!(await accepts(peer.port, peer.host))) {
    if (ended) throw new Error(`${peer.name} did not start:\n${output()}`);
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`${peer.name} did not listen on ${peer.port} within ${START_MS / 1_000} s:\n${output()}`);
    }
    await sleep(20);
  }
  return { stop, output, signal: (signal) => void child.kill(signal) };
}

function tiedToUs({ command, args, account }: PeerCommand): [string, string[]] {
  const setpriv = findOnPath('setpriv');
  if (!setpriv) {
    if (account) throw new Error('as root this peer needs setpriv (apt-get install util-linux)');
    return [command, args];
  }
  const who = account ? [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'] : [];
  // `--pdeathsig` would be forgotten at the change of user: it is set by a second setpriv, after it.
  const rest = [setpriv, '--pdeathsig', 'TERM', '--', command, ...args];
  return account ? [setpriv, [...who, '--', ...rest]] : [setpriv, rest.slice(1)];
}

function accepts(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
