import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { clearInterval, setInterval } from 'node:timers';

import { root, say } from './project.mjs';

const LOOK_MS = 250;
const parent = process.ppid;

/**
 * npm runs us below a shell, which dies of a signal without handing it on: whoever ends `npm start` by its id would
 * leave the whole broker behind. Only below npm: who starts us in the background otherwise may well go first.
 */
function whenOrphaned(end) {
  if (process.env.npm_lifecycle_event === undefined) return () => undefined;
  const look = setInterval(() => process.ppid !== parent && end(), LOOK_MS);
  return () => clearInterval(look);
}

/**
 * Runs a command in our place: its input and output are ours, our signals are its signals, its end is our end.
 * Resolves with the exit code a shell would report.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const told = new Set();
    const forward = (signal) => {
      // From a terminal, Ctrl-C has reached the whole group already; npm passes it on to us once more.
      if (told.has(signal) || (signal === 'SIGINT' && process.stdin.isTTY)) return;
      told.add(signal);
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const stopLooking = whenOrphaned(() => forward('SIGTERM'));
    const end = (code) => {
      stopLooking();
      for (const signal of signals) process.off(signal, forward);
      resolve(code);
    };
    child.once('error', (error) => {
      say(`${command}: ${error.message}`);
      end(127);
    });
    child.once('exit', (code, signal) => end(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

/** Runs it quietly: what it says is shown only when it fails, or when asked to. */
export async function runQuietly(command, args, options = {}) {
  const said = [];
  const code = await new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let interrupted = 0;
    const stop = (signal) => {
      interrupted = 128 + constants.signals[signal];
      child.kill('SIGTERM');
      // npm would first undo its work, which takes longer than a person waits; what is half done is done again.
      setTimeout(() => {
        child.kill('SIGKILL');
        process.exit(interrupted);
      }, 1000);
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
    child.stdout.on('data', (piece) => said.push(piece));
    child.stderr.on('data', (piece) => said.push(piece));
    const end = (value) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      resolve(value);
    };
    child.once('error', (error) => {
      said.push(Buffer.from(`${command}: ${error.message}\n`));
      end(127);
    });
    child.once('close', (value) => {
      if (interrupted) process.exit(interrupted);
      end(value ?? 1);
    });
  });
  if (code !== 0) process.stderr.write(Buffer.concat(said));
  return code;
}
