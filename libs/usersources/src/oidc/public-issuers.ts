import { z } from 'zod';

/** Where anybody may have an account. */
const PUBLIC_HOSTS = new Set([
  ...['accounts.google.com', 'appleid.apple.com', 'account.apple.com', 'gitlab.com'],
  ...['www.linkedin.com', 'www.facebook.com', 'limited.facebook.com'],
]);
/** Entra ID's tenant of everybody who has a Microsoft account and no company. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
/** In the place of a tenant in Entra ID's addresses: those of everybody's. */
const EVERY_TENANT = new Set(['common', 'organizations', 'consumers', '{tenantid}', '%7btenantid%7d', CONSUMERS]);

/** As they are stored, be they valid or not: what cannot be read is the schema's to complain of. */
const stored = z.object({
  preset: z.string().default('generic'),
  issuer: z.string().optional(),
  hostedDomain: z.string().nullish(),
  tenants: z.array(z.string()).default([]),
});

/** Fenced by what the token must say (`hd`, `tid`), a provider of the world's is a company's own. */
export function isPublicIssuer(settings: Record<string, unknown>): boolean {
  const read = stored.safeParse(settings);
  if (!read.success) return true;
  const { preset, issuer, hostedDomain, tenants } = read.data;
  if (preset === 'google') return !hostedDomain;
  if (preset === 'apple') return true;
  if (preset === 'entra-id') return tenants.includes(CONSUMERS);
  if (issuer === undefined) return preset === 'gitlab';
  if (!URL.canParse(issuer)) return true;
  const { hostname, pathname } = new URL(issuer);
  const tenant = pathname.split('/')[1]?.toLowerCase() ?? '';
  return PUBLIC_HOSTS.has(hostname) || (hostname === 'login.microsoftonline.com' && EVERY_TENANT.has(tenant));
}
