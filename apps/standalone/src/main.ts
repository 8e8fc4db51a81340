import 'reflect-metadata';
import { resolve } from 'node:path';
import { createLogger, onSignal, parseConfig, runMain } from '@passbroker/platform';
import { standaloneConfig } from './standalone.config.js';
import { startStandalone } from './standalone.js';

await runMain(async () => {
  const parsed = parseConfig(standaloneConfig, process.env);
  const config = { ...parsed, DATA_DIR: resolve(parsed.DATA_DIR) };
  const log = createLogger('standalone', process.env['LOG_LEVEL'] === undefined ? 'warn' : config.LOG_LEVEL);
  const standalone = await startStandalone(config, log);
  process.stdout.write(standalone.greeting);
  onSignal(() => standalone.close(), log);
});
