import { z } from 'zod';
import { commonConfig, field, secret } from '@passbroker/platform';

export const gatewayConfig = commonConfig.extend({
  GATEWAY_PORT: field.port(3000, 'Port of the gateway'),
  SERVICE_SECRET: secret(z.string().min(32).optional()).describe(
    'The gateway’s own secret, 32 random bytes or more; generated in DATA_DIR outside production',
  ),
});
export type GatewayConfig = z.infer<typeof gatewayConfig>;
