import 'reflect-metadata';
import { createLogger, parseConfig, runMain, serve } from '@passbroker/platform';
import { gatewayConfig } from './gateway.config.js';
import { openGateway } from './open.js';

await runMain(async () => {
  const config = parseConfig(gatewayConfig, process.env);
  const log = createLogger('gateway', config.LOG_LEVEL);
  const open = (metrics: Parameters<typeof openGateway>[2]) => openGateway(config, log, metrics);
  await serve({ service: 'gateway', port: config.GATEWAY_PORT, config, log, open });
});
