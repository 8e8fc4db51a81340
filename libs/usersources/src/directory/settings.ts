import { z } from 'zod';
import { parseDn } from './dn.js';
import { parseFilter } from './find.js';
import { isSecret } from './said.js';

const dn = z
  .string()
  .max(1024)
  .refine(
    (text) => (parseDn(text)?.length ?? 0) > 0,
    'must be a distinguished name, such as ou=people,dc=acme,dc=test',
  );

const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of an attribute');

const readable = attribute.refine((name) => !isSecret(name), 'must not be where directories keep secrets');

/** `ldaps://host[:port]`, or `ldap://` for StartTLS: there is no way to say "in clear". */
const server = z
  .string()
  .max(300)
  .refine(isServer, 'must be ldaps://host:port, or ldap://host:port for StartTLS, and nothing else');

const filter = z.string().max(1024).refine(isFilter, 'must be an LDAP filter, such as (objectClass=person)');

const pem = z
  .string()
  .max(65_536)
  .refine((text) => /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(text), 'must be PEM')
  .refine((text) => !text.includes('PRIVATE KEY'), 'must hold certificates only');

/** What every directory is told. */
export const directoryFields = {
  servers: z.array(server).min(1).max(5),
  ca: pem.optional(),
  serverName: z.string().min(1).max(253).optional(),
  // An anonymous search finds what everybody may see, and makes "bind" mean nothing (LDAP-006).
  bindPassword: z
    .string()
    .max(1024)
    .refine((text) => text.trim() !== '', 'must not be empty'),
  baseDn: dn,
  userFilter: filter.optional(),
  nameAttribute: readable.default('displayName'),
  emailAttribute: readable.default('mail'),
  attributes: z.array(readable).max(50).default([]),
  groups: z.enum(['none', 'direct', 'nested']).default('nested'),
  groupsAs: z.enum(['name', 'dn']).default('name'),
  lockoutThreshold: z
    .int()
    .min(0)
    .max(100)
    .refine((value) => value !== 1, 'must be 0 (nobody is locked) or at least 2')
    .default(5),
  lockoutWindowMin: z.int().min(1).max(1440).default(30),
  /** Under the host's own 8 s, which say less of what went wrong. */
  timeoutSec: z.int().min(1).max(7).default(5),
  trialPerson: z.string().max(320).optional(),
};

export const directoryDn = dn;
export const directoryAttribute = readable;

/** All of them say where our own password, and everybody else's, goes. */
export const SENDS_SECRETS_TO = ['servers', 'ca', 'serverName'] as const;

function isServer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  if (protocol !== 'ldaps:' && protocol !== 'ldap:') return false;
  return hostname !== '' && [username, password, search, hash].every((part) => part === '') && /^\/?$/.test(pathname);
}

function isFilter(text: string): boolean {
  try {
    parseFilter(text);
    return text.startsWith('(');
  } catch {
    return false;
  }
}

/** The part of a type's settings that is the same for all of them. */
export type DirectorySettings = z.infer<z.ZodObject<typeof directoryFields>>;
