import { randomBytes } from 'node:crypto';
import type { CatalogReader, CatalogWriter, RecoveryLinks } from '@passbroker/catalog';
import type { Clock } from '@passbroker/platform';
import type { AuditEvents } from './audit-events/audit-events.js';

const MINUTES = 5;

/**
 * A link for an admin who is locked out (I3). Nothing that a usersource, a policy or an API could switch off is
 * asked: only whether this is an admin. The token stands in the fragment, which no server and no proxy logs.
 */
export async function recoveryLink(
  parts: {
    writer: Pick<CatalogWriter, 'accounts' | 'brands'>;
    catalog: Pick<CatalogReader, 'defaultBrand'>;
    auditEvents: AuditEvents;
    links: Pick<RecoveryLinks, 'leave'>;
    now: Clock;
  },
  email: string,
): Promise<{ href: string; until: Date; name: string }> {
  const { writer, links, auditEvents, now } = parts;
  const { data } = await writer.accounts.list({ limit: 1 }, { email });
  const [account] = data;
  if (!account?.admin) throw new Error(`nobody of the admins has the address ${email}`);
  if (account.disabled) throw new Error(`the account of ${email} is disabled: enable it, or recover another admin`);
  const origin = await originOf(parts);
  const token = randomBytes(32).toString('base64url');
  const at = now();
  const until = new Date(at.getTime() + MINUTES * 60_000);
  await links.leave(account.id, token, until);
  await auditEvents.store([
    {
      id: `ev_${randomBytes(15).toString('base64url')}`,
      at: at.toISOString(),
      action: 'recovery.link_made',
      outcome: { result: 'ok', code: 'ok' },
      actor: { type: 'system' },
      targets: [{ type: 'account', id: account.id }],
      context: { service: 'admin' },
      detail: 'by the recover command on the host',
    },
  ]);
  return { href: `${origin}/recover#${token}`, until, name: account.name };
}

/** The default brand's address; where that brand is switched off, its pages are gone too. */
async function originOf({
  writer,
  catalog,
}: {
  writer: Pick<CatalogWriter, 'brands'>;
  catalog: Pick<CatalogReader, 'defaultBrand'>;
}): Promise<string> {
  const standard = await catalog.defaultBrand();
  if (standard.enabled) return standard.origin;
  const { data } = await writer.brands.list({ limit: 1 }, { enabled: true });
  if (!data[0]) throw new Error('every brand is disabled: enable one through the admin API first');
  return data[0].origin;
}
