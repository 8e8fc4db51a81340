import { z } from 'zod';

/** Members that several kinds of record share, so that they are checked and described alike. */
const RESERVED = new Set(['undefined', 'null', 'new']);

// eslint-disable-next-line no-control-regex -- they are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

/** One line that people read. Control characters would forge lines of logs, and Postgres has no NUL. */
export const line = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => !CONTROL.test(value), 'holds control characters');

export const slug = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and hyphens')
  .refine((value) => !RESERVED.has(value), 'is reserved')
  .describe('Stands in addresses; never changes');

export const audience = z.enum(['users', 'agents']);

export const brandName = z.string().min(1).max(80).describe('Slug of a brand; an id is understood too');

export const networks = z.array(line(64)).max(200).describe('CIDR, for example `192.0.2.0/24`');

/** Names, not addresses: `example.com`. */
export const domain = z
  .string()
  .max(253)
  .regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/i, 'not a domain')
  .transform((value) => value.toLowerCase())
  .meta({ wire: { type: 'string', maxLength: 253 } });

export const settings = z.record(z.string().max(100), z.unknown());

export const stamps = {
  revision: z.int().describe('Also the ETag'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

export const stampsOf = (item: { revision: number; createdAt: Date; updatedAt: Date }) => ({
  revision: item.revision,
  createdAt: item.createdAt.toISOString(),
  updatedAt: item.updatedAt.toISOString(),
});
