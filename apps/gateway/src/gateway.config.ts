import { z } from 'zod';
import { commonConfig, field, secret } from '@passbroker/platform';

const MAILBOX = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$/;

export const gatewayConfig = commonConfig.extend({
  GATEWAY_PORT: field.port(3000, 'Port of the gateway'),
  SERVICE_SECRET: secret(z.string().min(32).optional()).describe(
    'The gateway’s own secret, 32 random bytes or more; generated in DATA_DIR outside production',
  ),
  SMTP_URL: secret(z.url({ protocol: /^smtps?$/ }).optional()).describe(
    'Mail server: `smtps://user:password@host`; without it letters are files in `DATA_DIR/mail`',
  ),
  MAIL_FROM: z
    .string()
    .regex(MAILBOX, 'not a plain e-mail address')
    .optional()
    .describe('Sender of all letters; `no-reply@` and the host of `PUBLIC_URL` when absent'),
  ALLOW_PRIVATE_ADDRESSES: z
    .enum(['0', '1', 'true', 'false'])
    .transform((value) => value === '1' || value === 'true')
    .optional()
    .describe(
      'Whether usersources and applications may name web addresses in private networks, and this machine; on outside production',
    ),
  BREACHED_PASSWORDS_DIR: z
    .string()
    .optional()
    .describe('Folder of the range files of Have I Been Pwned (`ABCDE.txt`): no password in them is accepted'),
});
export type GatewayConfig = z.infer<typeof gatewayConfig>;
