import { createHash } from 'node:crypto';
import { WriteConflict, type CatalogWriter, type NewApplication, type NewUsersource } from '@passbroker/catalog';
import { keyThumbprint, sealSecret, type Logger, type ServicePublicKeys } from '@passbroker/platform';
import { demoSecrets } from './demo-secrets.js';
import { helpDeskAddresses } from './help-desk/help-desk.js';
import { remoteLoginUrl } from './intranet/intranet.js';
import { DEMO_APPLICATION } from './start-demo.js';
import { SeededRecords, type SeededKind } from './seeded-records.js';

export interface SeedParts {
  writer: Pick<CatalogWriter, 'usersources' | 'applications'>;
  /** Of the services that open the secrets. */
  keys: { gateway: ServicePublicKeys; minter: ServicePublicKeys };
  dataDir: string;
  log: Logger;
}

/** Origins of the running demo sites and of the broker, or `off` for a broker without a demo. */
export type DemoWish = { helpDesk: string; intranet: string; brokerOrigin: string } | 'off';

export const DEMO_USERSOURCE = 'intranet';

/** Acme owns its domain: whoever signed in before the demo was switched off and on again is found by their address. */
const LINKING: NewUsersource['linking'] = { mode: 'auto_verified', authoritativeDomains: ['acme.test'] };

/**
 * Puts the demo into the catalog, or takes it out. Records that an admin has changed since are the admin's and stay
 * as they are, either way; so do records of that name that we did not make.
 */
export async function seedDemo(parts: SeedParts, wish: DemoWish): Promise<void> {
  const seeded = new SeededRecords(parts.dataDir);
  if (wish === 'off') {
    await withdraw(parts, seeded, 'application', DEMO_APPLICATION);
    await withdraw(parts, seeded, 'usersource', DEMO_USERSOURCE);
  } else {
    await keep(parts, seeded, 'usersource', await usersource(parts, wish));
    await keep(parts, seeded, 'application', await application(parts, wish));
  }
}

interface Wanted<New> {
  record: New;
  /** The same for the same wish: sealing gives other bytes every time. */
  mark: string;
}

async function usersource(
  { keys, dataDir }: SeedParts,
  { helpDesk, intranet, brokerOrigin }: Exclude<DemoWish, 'off'>,
): Promise<Wanted<NewUsersource>> {
  const { siteKey, apiKey } = demoSecrets(dataDir);
  const settings = {
    siteKey,
    remoteLoginUrl: remoteLoginUrl(intranet),
    returnUrls: [`${brokerOrigin}/*`, `${helpDesk}/*`],
    unsolicited: true,
  };
  const record: NewUsersource = {
    slug: DEMO_USERSOURCE,
    type: 'multipass',
    brand: 'default',
    audience: 'users',
    label: 'Acme intranet',
    enabled: true,
    sso: 'automatic',
    display: 'button',
    order: 20,
    hintable: true,
    forwardPassive: false,
    slo: false,
    domains: [],
    networks: [],
    jit: { create: 'on', grant: [] },
    linking: LINKING,
    settings: { ...settings, apiKey: { sealed: await sealSecret(keys.gateway, apiKey) } },
  };
  return { record, mark: digest([settings, LINKING, apiKey, keyThumbprint(keys.gateway.sealing)]) };
}

async function application(
  { keys, dataDir }: SeedParts,
  { helpDesk }: Exclude<DemoWish, 'off'>,
): Promise<Wanted<NewApplication>> {
  const { clientSecret } = demoSecrets(dataDir);
  const { callback, signedOut, backChannelLogout } = helpDeskAddresses(helpDesk);
  const settings = {
    client_id: DEMO_APPLICATION,
    redirect_uris: [callback],
    post_logout_redirect_uris: [signedOut],
    backchannel_logout_uri: backChannelLogout,
    scope: 'openid profile email',
  };
  const record: NewApplication = {
    slug: DEMO_APPLICATION,
    protocol: 'oidc',
    brand: 'default',
    audience: 'users',
    name: 'Acme help desk',
    enabled: true,
    settings: { ...settings, client_secret: { sealed: await sealSecret(keys.minter, clientSecret) } },
  };
  return { record, mark: digest([settings, clientSecret, keyThumbprint(keys.minter.sealing)]) };
}

type WantedOf<Kind extends SeededKind> = Kind extends 'usersource' ? Wanted<NewUsersource> : Wanted<NewApplication>;

async function keep<Kind extends SeededKind>(
  { writer, log }: SeedParts,
  seeded: SeededRecords,
  kind: Kind,
  { record, mark }: WantedOf<Kind>,
): Promise<void> {
  const { slug } = record;
  const write =
    'type' in record
      ? {
          get: () => writer.usersources.get(slug),
          create: () => createUsersource(writer, record, log),
          update: () => writer.usersources.update(slug, record),
        }
      : {
          get: () => writer.applications.get(slug),
          create: () => writer.applications.create(record),
          update: () => writer.applications.update(slug, record),
        };
  const there = await write.get();
  const ours = seeded.read(kind);
  if (!there) {
    seeded.write(kind, { mark, stored: contentOf(await write.create()) });
  } else if (ours?.stored !== contentOf(there)) {
    log.info({ kind, slug }, 'demo: this record is not, or no longer, the demo’s; left as it is');
  } else if (ours.mark !== mark) {
    // A site moved to another port, or a service was given another secret.
    seeded.write(kind, { mark, stored: contentOf(await write.update()) });
  }
}

/** Only one usersource may do SSO: an admin who set up another one keeps it, and the demo gets a button. */
async function createUsersource(writer: SeedParts['writer'], record: NewUsersource, log: Logger) {
  try {
    return await writer.usersources.create(record);
  } catch (error) {
    if (!(error instanceof WriteConflict && error.kind === 'unique' && error.field === 'sso')) throw error;
    log.info({ slug: record.slug }, 'demo: another usersource does SSO already; the intranet gets a button');
    return writer.usersources.create({ ...record, sso: 'none' });
  }
}

async function withdraw(
  { writer, log }: SeedParts,
  seeded: SeededRecords,
  kind: SeededKind,
  slug: string,
): Promise<void> {
  const ours = seeded.read(kind);
  if (!ours) return;
  const collection = kind === 'usersource' ? writer.usersources : writer.applications;
  const there = await collection.get(slug);
  if (there && contentOf(there) === ours.stored) await collection.delete(slug);
  else if (there) log.info({ kind, slug }, 'demo: an admin changed this record; it stays');
  seeded.forget(kind);
}

const BOOKKEEPING = ['id', 'revision', 'createdAt', 'updatedAt', 'proven', 'settingsVersion'];

/** All that an admin can change about a record; what merely happens to it does not count. */
function contentOf(record: object): string {
  return digest(Object.fromEntries(Object.entries(record).filter(([member]) => !BOOKKEEPING.includes(member))));
}

/** JSON keeps no order of members, and Postgres gives them back in its own. */
function digest(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value, (_name, part: unknown) => inOrder(part)))
    .digest('base64url');
}

function inOrder(part: unknown): unknown {
  if (Array.isArray(part) || typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
}
