import { randomFillSync } from 'node:crypto';

import type { ValkeyMemory } from './valkey-memory.js';

const STANDARD_ERROR = 2;
const ROOT_FOLDER = 3;
const RANDOM_DEVICE = 4;
const FILETYPE = { character: 2, folder: 3 };
const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const NO_ENTRY = 44;
const ALL_RIGHTS = 0xffff_ffff_ffff_ffffn;

/** The engine ended by itself: SHUTDOWN is code 0, a failed assertion anything else. */
export class ValkeyExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`valkey exited with ${code}`);
    this.code = code;
  }
}

/**
 * What the engine may ask of the world: clocks, its log, and randomness (hash seed, run id, ACL GENPASS).
 * No files, no environment, no network of its own.
 */
export function wasiImports(memory: ValkeyMemory, onLog: (line: string) => void) {
  let unfinishedLine = '';

  const put32 = (pointer: number, value: number): number => {
    memory.fields().setUint32(pointer, value, true);
    return SUCCESS;
  };
  const put64 = (pointer: number, value: bigint): number => {
    memory.fields().setBigUint64(pointer, value, true);
    return SUCCESS;
  };
  const eachPiece = (vectors: number, count: number, totalAt: number, visit: (piece: Buffer) => void): number => {
    const fields = memory.fields();
    let total = 0;
    for (let at = vectors; at < vectors + 8 * count; at += 8) {
      const start = fields.getUint32(at, true);
      const length = fields.getUint32(at + 4, true);
      visit(memory.bytes().subarray(start, start + length));
      total += length;
    }
    return put32(totalAt, total);
  };
  const logPiece = (piece: Buffer): void => {
    const lines = (unfinishedLine + piece.toString()).split('\n');
    unfinishedLine = lines.pop() ?? '';
    // The date is cut off: inside the sandbox the time zone is garbage.
    for (const line of lines) onLog(line.replace(/^\d+:(\w) \d+ \w+ \d+ [\d:.]+ /, '$1 '));
  };
  const succeed = () => SUCCESS;

  return {
    clock_time_get: (id: number, _precision: bigint, pointer: number) =>
      put64(pointer, id === 0 ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint()),
    environ_get: succeed,
    environ_sizes_get: (count: number, size: number) => put32(count, 0) + put32(size, 0),
    sched_yield: succeed,
    fd_close: succeed,
    fd_fdstat_set_flags: succeed,
    fd_prestat_get: (fd: number, pointer: number) =>
      fd === ROOT_FOLDER ? put32(pointer, 0) + put32(pointer + 4, 1) : BAD_DESCRIPTOR,
    fd_prestat_dir_name: (_fd: number, pointer: number) => {
      memory.bytes().write('/', pointer);
      return SUCCESS;
    },
    fd_fdstat_get: (fd: number, pointer: number) => {
      if (fd > RANDOM_DEVICE) return BAD_DESCRIPTOR;
      put32(pointer, fd === ROOT_FOLDER ? FILETYPE.folder : FILETYPE.character);
      put32(pointer + 4, 0);
      put64(pointer + 8, ALL_RIGHTS);
      return put64(pointer + 16, ALL_RIGHTS);
    },
    path_open: (
      _folder: number,
      _lookup: number,
      path: number,
      length: number,
      _flags: number,
      _rights: bigint,
      _inherited: bigint,
      _fdFlags: number,
      opened: number,
    ) =>
      memory.bytes().toString('latin1', path, path + length) === 'dev/urandom'
        ? put32(opened, RANDOM_DEVICE)
        : NO_ENTRY,
    fd_read: (fd: number, vectors: number, count: number, totalAt: number) =>
      eachPiece(vectors, fd === RANDOM_DEVICE ? count : 0, totalAt, (piece) => void randomFillSync(piece)),
    fd_write: (fd: number, vectors: number, count: number, totalAt: number) =>
      fd > STANDARD_ERROR ? BAD_DESCRIPTOR : eachPiece(vectors, count, totalAt, logPiece),
    proc_exit: (code: number) => {
      throw new ValkeyExit(code);
    },
  };
}
