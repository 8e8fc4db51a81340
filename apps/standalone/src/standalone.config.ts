import { z } from 'zod';
import { commonConfig, field } from '@passbroker/platform';
import { adminConfig } from '../../admin/src/admin.config.js';
import { gatewayConfig } from '../../gateway/src/gateway.config.js';
import { minterConfig } from '../../minter/src/minter.config.js';

/** Each service in the process has a secret of its own, generated in DATA_DIR; one for all would undo the split. */
export const standaloneConfig = commonConfig
  .extend(gatewayConfig.omit({ SERVICE_SECRET: true }).shape)
  .extend(minterConfig.omit({ SERVICE_SECRET: true, MINTER_PORT: true }).shape)
  .extend(adminConfig.omit({ SERVICE_SECRET: true }).shape)
  .extend({
    DEMO: field.onOff(true, 'Demo site and demo application; `0` for a clean broker'),
    HELP_DESK_PORT: field.port(4000, 'Port of the demo application'),
    INTRANET_PORT: field.port(4001, 'Port of the demo site'),
    EMBEDDED_SERVERS: z
      .enum(['auto', 'always', 'never'])
      .default('auto')
      .describe(
        'Whether Postgres and Redis may be embedded when their URLs are missing; `auto` means not in production',
      ),
  });
export type StandaloneConfig = z.infer<typeof standaloneConfig>;
