import 'reflect-metadata';
import { createLogger, parseConfig, runMain, serve } from '@passbroker/platform';
import { adminConfig } from './admin.config.js';
import { openAdmin } from './open.js';

await runMain(async () => {
  const config = parseConfig(adminConfig, process.env);
  const log = createLogger('admin', config.LOG_LEVEL);
  const open = async () => {
    const admin = await openAdmin(config, log);
    for (const { file } of admin.generated) log.info({ file }, 'generated in DATA_DIR');
    return admin;
  };
  await serve({ service: 'admin', port: config.ADMIN_PORT, config, log, open });
});
