import { Resolver } from 'node:dns';
import { z } from 'zod';
import { commonConfig, ConfigError, field, keptSecret, randomSecret, secret } from '@passbroker/platform';

const areNameServers = (servers: string[]): boolean => {
  try {
    new Resolver().setServers(servers);
    return true;
  } catch {
    return false;
  }
};

export const adminConfig = commonConfig.extend({
  ADMIN_PORT: field.port(3001, 'Port of the admin API'),
  ADMIN_TOKEN: secret(
    z
      .string()
      .min(16)
      .max(512)
      .regex(/^[A-Za-z0-9._~+/=-]+$/, 'letters, digits and ._~+/=- only')
      .optional(),
  ).describe('Bootstrap API token, which may do everything; outside production generated as DATA_DIR/admin-token'),
  ADMIN_PASSWORD: secret(z.string().min(12).max(1_024).optional()).describe(
    'Password of the first admin, admin@example.com; outside production generated as DATA_DIR/admin-password',
  ),
  AUDIT_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(30)
    .max(36_500)
    .optional()
    .describe('Audit events older than this many days are deleted, 30 at least; unset: they are kept for ever'),
  DNS_SERVERS: field
    .list()
    .refine(areNameServers, 'addresses only, each with a port if need be')
    .describe(
      'Comma-separated addresses of name servers, with a port if need be, that are asked whose a domain is; none: those of the machine',
    ),
  SERVICE_SECRET: secret(z.string().min(32).optional()).describe(
    'The admin’s own secret, 32 random bytes or more; generated in DATA_DIR outside production',
  ),
});
export type AdminConfig = z.infer<typeof adminConfig>;

export interface FirstKeys {
  /** Undefined in production when none is set: then only stored API tokens open the API. */
  token: string | undefined;
  password: () => string;
}

/** What opens the API and the admin pages before there is anything else. Made up only outside production. */
export function firstKeys(
  config: Pick<AdminConfig, 'NODE_ENV' | 'DATA_DIR' | 'ADMIN_TOKEN' | 'ADMIN_PASSWORD'>,
  tell: (file: string, value: string) => void = () => undefined,
): FirstKeys {
  const production = config.NODE_ENV === 'production';
  const kept = (file: string): string => {
    const { value, made } = keptSecret(config.DATA_DIR, file, randomSecret);
    if (made) tell(file, value);
    return value;
  };
  return {
    token: config.ADMIN_TOKEN ?? (production ? undefined : kept('admin-token')),
    password: () => {
      if (config.ADMIN_PASSWORD !== undefined) return config.ADMIN_PASSWORD;
      if (production) throw new ConfigError(['ADMIN_PASSWORD_FILE is missing: there is no admin yet']);
      return kept('admin-password');
    },
  };
}
