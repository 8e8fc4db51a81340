import { ValkeyDriver } from './valkey-driver.js';
import { fromParent, type FromChild } from './valkey-messages.js';

/**
 * Runs the engine in a process of its own: a trap, 400 MB of memory or an endless script stay outside the broker.
 * The password arrives as a message, never in argv or the environment, where other users could read it.
 */
const tell = (message: FromChild): void => {
  if (process.connected) process.send?.(message);
};

let valkey: ValkeyDriver | undefined;

process.on('disconnect', () => process.exit(0)); // The broker is gone, whatever took it.
process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole terminal group; the broker stops us when it is done.
process.on('SIGTERM', () => undefined);

process.on('message', (message) => {
  void obey(message).catch((error: unknown) => {
    tell({ failed: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
    process.disconnect?.();
  });
});

async function obey(message: unknown): Promise<void> {
  const order = fromParent.parse(message);
  switch (order.order) {
    case 'start': {
      valkey = new ValkeyDriver({
        port: order.port,
        setup: [
          ['CONFIG', 'SET', 'maxmemory', order.maxMemory],
          ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'],
          ['ACL', 'SETUSER', 'default', 'resetpass', `>${order.password}`],
        ],
        onLog: (line) => tell({ log: line }),
      });
      valkey.on('exit', (error) => {
        if (error) tell({ failed: error.message });
        process.exit(error ? 1 : 0);
      });
      tell({ ready: (await valkey.start()).port });
      return;
    }
    case 'ping':
      await valkey?.command(['PING']);
      tell({ pong: true });
      return;
    case 'stop':
      await valkey?.stop();
  }
}
