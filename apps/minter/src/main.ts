import 'reflect-metadata';
import { createLogger, parseConfig, runMain, serve } from '@passbroker/platform';
import { minterConfig } from './minter.config.js';
import { openMinter } from './open.js';

await runMain(async () => {
  const config = parseConfig(minterConfig, process.env);
  const log = createLogger('minter', config.LOG_LEVEL);
  await serve({ service: 'minter', port: config.MINTER_PORT, config, log, open: () => openMinter(config, log) });
});
