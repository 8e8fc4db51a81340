import { z } from 'zod';
import { commonConfig, field, secret } from '@passbroker/platform';

export const minterConfig = commonConfig.extend({
  MINTER_PORT: field.port(3002, 'Port of the minter'),
  SERVICE_SECRET: secret(z.string().min(32).optional()).describe(
    'The minter’s own secret, 32 random bytes or more; generated in DATA_DIR outside production',
  ),
  ALLOW_PRIVATE_ADDRESSES: z
    .enum(['0', '1', 'true', 'false'])
    .transform((value) => value === '1' || value === 'true')
    .optional()
    .describe(
      'Whether usersources and applications may name web addresses in private networks, and this machine; on outside production',
    ),
});
export type MinterConfig = z.infer<typeof minterConfig>;
