import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Values that appear in examples and compose files: fine for a first look, refused in production. */
const PLACEHOLDER = /change[-_ ]?me|placeholder|^secret$|^password$|^example|^admin$|^test$|^default$/i;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: string[]) {
    super(`configuration:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Marks a variable as secret: it gets a `*_FILE` form, is never printed and may not be a placeholder in production. */
export const secret = (schema: z.ZodType<string | undefined>) => schema.meta({ secret: true });

const isSecret = (schema: z.ZodType): boolean => schema.meta()?.['secret'] === true;

function valueOf(name: string, schema: z.ZodType, env: Environment, problems: string[]): string | undefined {
  const direct = env[name] === '' ? undefined : env[name];
  if (!isSecret(schema)) return direct;
  const file = env[`${name}_FILE`];
  if (!file) return direct;
  if (direct !== undefined) {
    problems.push(`${name} and ${name}_FILE are both set: keep one`);
    return undefined;
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    problems.push(`${name}_FILE: cannot read ${file} (${cause instanceof Error ? cause.message : String(cause)})`);
    return undefined;
  }
}

/**
 * Reads the environment once, by a schema, and names every problem in one error, so that an operator
 * mends a deployment in one go. Nobody else in the product reads the environment.
 * @throws ConfigError
 */
export function parseConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Environment,
): z.infer<z.ZodObject<Shape>> {
  const problems: string[] = [];
  const raw: Record<string, string | undefined> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    if (!(field instanceof z.ZodType)) continue;
    const value = valueOf(name, field, env, problems);
    raw[name] = value;
    if (value !== undefined && isSecret(field) && env['NODE_ENV'] === 'production' && PLACEHOLDER.test(value)) {
      problems.push(`${name} is a placeholder: generate a real secret`);
    }
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

const port = (standard: number, meaning: string) =>
  z.coerce.number().int().min(0).max(65_535).default(standard).describe(meaning);

const onOff = (standard: boolean, meaning: string) =>
  z
    .enum(['0', '1', 'true', 'false'])
    .transform((value) => value === '1' || value === 'true')
    .default(standard)
    .describe(meaning);

/** Items between commas; none when it is not set. */
const list = () =>
  z
    .string()
    .default('')
    .transform((value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean),
    );

export const field = { port, onOff, list };

/** What every process reads. */
export const commonConfig = z.object({
  NODE_ENV: z.string().default('development').describe('`production` refuses placeholder secrets and embedded servers'),
  PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .default('http://localhost:3000')
    .transform((value) => new URL(value).origin)
    .describe('Origin of the default brand'),
  BIND_ADDRESS: z.string().default('127.0.0.1').describe('Address the servers listen on; `0.0.0.0` in containers'),
  MANAGEMENT_PORT: port(9000, '`/health/live`, `/health/ready`, `/metrics`; one per process'),
  DATABASE_URL: secret(z.string().optional()).describe('Postgres; embedded when absent in standalone'),
  REDIS_URL: secret(z.string().optional()).describe('Redis or Valkey; embedded when absent in standalone'),
  DATA_DIR: z.string().default('.data').describe('Embedded database, generated keys, `admin-token`'),
  TRUSTED_PROXIES: list().describe(
    'Comma-separated CIDRs whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed',
  ),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('pino level'),
});
export type CommonConfig = z.infer<typeof commonConfig>;
