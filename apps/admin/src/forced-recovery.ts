import { randomBytes } from 'node:crypto';
import type { CatalogReader, CatalogWriter, PendingChanges } from '@passbroker/catalog';
import type { UsersourceRecord } from '@passbroker/model';
import type { Clock } from '@passbroker/platform';
import type { AuditEvents } from './audit-events/audit-events.js';

interface Parts {
  writer: Pick<CatalogWriter, 'accounts' | 'brands' | 'usersources'>;
  catalog: Pick<CatalogReader, 'defaultBrand'>;
  changes: Pick<PendingChanges, 'waiting' | 'withdraw'>;
  auditEvents: Pick<AuditEvents, 'store'>;
  now: Clock;
}

/**
 * What no API does, for whoever stands on the host and owns the database anyway (I3): makes the agent an active admin,
 * opens the default brand where every brand is closed, and switches usersources off though they are the admins' last
 * way in. Each step that was taken, in words; nothing is done twice.
 */
export async function forceWayIn(parts: Parts, email: string, disable: readonly string[]): Promise<string[]> {
  // What was misspelt is told before anything is done.
  const unwanted = await named(parts, disable);
  const done = [...(await admit(parts, email)), ...(await openBrand(parts)), ...(await switchOff(parts, unwanted))];
  if (done.length > 0) await tell(parts, email, done);
  return done;
}

async function admit({ writer }: Parts, email: string): Promise<string[]> {
  const [account] = (await writer.accounts.list({ limit: 1 }, { email })).data;
  if (!account) throw new Error(`nobody has the address ${email}`);
  if (account.audience !== 'agents') {
    throw new Error(`the account of ${email} is a user's: only an agent can be made an admin`);
  }
  const done = [
    ...(account.admin ? [] : [`made ${email} an admin`]),
    ...(account.disabled ? [`enabled the account of ${email}`] : []),
  ];
  if (done.length > 0) await writer.accounts.update(account.id, { admin: true, disabled: false });
  return done;
}

async function openBrand({ writer, catalog }: Parts): Promise<string[]> {
  const open = await writer.brands.list({ limit: 1 }, { enabled: true });
  if (open.data.length > 0) return [];
  const { id, slug } = await catalog.defaultBrand();
  await writer.brands.update(id, { enabled: true });
  return [`enabled the brand ${slug}`];
}

const named = ({ writer }: Parts, slugs: readonly string[]): Promise<UsersourceRecord[]> =>
  Promise.all(
    slugs.map(async (slug) => {
      const record = await writer.usersources.get(slug);
      if (!record) throw new Error(`there is no usersource ${slug}`);
      return record;
    }),
  );

async function switchOff({ writer, changes, now }: Parts, unwanted: readonly UsersourceRecord[]): Promise<string[]> {
  const on = unwanted.filter(({ enabled }) => enabled);
  if (on.length === 0) return [];
  // Taken back, it could switch on again what is switched off here.
  const waiting = await changes.waiting();
  if (waiting) await changes.withdraw(waiting.id, now());
  for (const { id } of on) await writer.usersources.update(id, { enabled: false });
  return [
    ...(waiting ? [`withdrew the change ${waiting.id}, which waited for its confirmation`] : []),
    ...on.map(({ slug }) => `switched off the usersource ${slug}`),
  ];
}

const tell = ({ auditEvents, now }: Parts, email: string, done: readonly string[]): Promise<void> =>
  auditEvents.store([
    {
      id: `ev_${randomBytes(15).toString('base64url')}`,
      at: now().toISOString(),
      action: 'recovery.forced',
      outcome: { result: 'ok', code: 'ok' },
      actor: { type: 'system' },
      targets: [{ type: 'email', id: email }],
      context: { service: 'admin' },
      detail: `by the recover command on the host: ${done.join('; ')}`,
    },
  ]);
