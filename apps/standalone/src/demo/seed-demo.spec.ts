import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WriteConflict, type Collection, type Stored } from '@passbroker/catalog';
import { createLogger, isSealed, ServiceIdentity } from '@passbroker/platform';
import { protocolSettings } from '@passbroker/protocols/settings';
import { usersourceSettings } from '@passbroker/usersources/settings';
import { demoSecrets } from './demo-secrets.js';
import { seedDemo, type SeedParts } from './seed-demo.js';

type Row = { id: string; slug: string; revision: number };

/** As much of a table as the demo uses; members come back in another order, as from Postgres. */
class Table<Item extends Row, New extends { slug: string }> {
  readonly rows = new Map<string, Stored<Item>>();
  writes = 0;

  constructor(private readonly complete: (item: New, revision: number) => Item) {}

  readonly get = async (slug: string) => this.rows.get(slug);
  readonly list = async () => ({ data: [...this.rows.values()], next: null, previous: null });

  readonly create = async (item: New): Promise<Stored<Item>> => {
    if (
      'sso' in item &&
      item.sso === 'automatic' &&
      [...this.rows.values()].some((row) => 'sso' in row && row.sso !== 'none')
    )
      throw new WriteConflict('unique', 'sso');
    return this.#put(this.complete(item, 1));
  };

  readonly update = async (slug: string, patch: Partial<New>): Promise<Stored<Item>> => {
    const row = this.rows.get(slug);
    if (!row) throw new WriteConflict('missing', 'id');
    return this.#put({ ...row, ...patch, revision: row.revision + 1 });
  };

  readonly delete = async (slug: string): Promise<void> => {
    this.writes += 1;
    this.rows.delete(slug);
  };

  #put(item: Item): Stored<Item> {
    this.writes += 1;
    const stored = { ...item, createdAt: new Date(), updatedAt: new Date() };
    this.rows.set(item.slug, stored);
    return stored;
  }
}

const identity = (service: 'gateway' | 'minter', turn = 1) =>
  new ServiceIdentity(service, `${service} ${turn} `.repeat(8));
const at = (helpDesk: number, intranet: number) => ({
  helpDesk: `http://localhost:${helpDesk}`,
  intranet: `http://localhost:${intranet}`,
  brokerOrigin: 'http://localhost:3000',
});

let dataDir: string;
let usersources: ReturnType<typeof usersourceTable>;
let applications: ReturnType<typeof applicationTable>;
let parts: SeedParts;

type UsersourceTable = SeedParts['writer']['usersources'];
type ApplicationTable = SeedParts['writer']['applications'];
type ItemOf<T> = T extends Collection<infer Item, infer _New> ? Item : never;
type NewOf<T> = T extends Collection<infer _Item, infer New> ? New : never;

const usersourceTable = () =>
  new Table<ItemOf<UsersourceTable>, NewOf<UsersourceTable>>((item, revision) => ({
    mapping: { attributes: {} },
    filter: null,
    sync: 'every',
    ...item,
    id: `us_${item.slug}`,
    revision,
    settingsVersion: 1,
    proven: null,
  }));
const applicationTable = () =>
  new Table<ItemOf<ApplicationTable>, NewOf<ApplicationTable>>((item, revision) => ({
    ...item,
    id: `app_${item.slug}`,
    revision,
  }));

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'passbroker-demo-'));
  const secrets = { siteKey: 'acme', apiKey: '0f1e2d3c'.repeat(5), clientSecret: 'b'.repeat(43) };
  writeFileSync(join(dataDir, 'demo.json'), JSON.stringify(secrets));
  usersources = usersourceTable();
  applications = applicationTable();
  parts = {
    writer: { usersources, applications },
    keys: { gateway: identity('gateway').publicKeys, minter: identity('minter').publicKeys },
    dataDir,
    log: createLogger('demo', 'silent'),
  };
});

afterEach(() => rmSync(dataDir, { recursive: true }));

const opened = async (sealed: unknown, service: ServiceIdentity): Promise<string> =>
  isSealed(sealed) ? service.open(sealed.sealed) : 'not sealed';

describe('seeding the demo', () => {
  it('makes records that their own schemas accept, with secrets sealed to the one who opens them', async () => {
    await seedDemo(parts, at(4000, 4001));
    const secrets = demoSecrets(dataDir);
    const usersource = usersources.rows.get('intranet');
    const apiKey = await opened(usersource?.settings['apiKey'], identity('gateway'));
    expect(apiKey).toBe(secrets.apiKey);
    const multipass = usersourceSettings('multipass');
    const settings = { ...usersource?.settings, apiKey };
    expect(multipass?.schema.parse(settings)).toMatchObject({ remoteLoginUrl: 'http://localhost:4001/multipass' });
    expect(multipass?.warnings?.(settings)).toEqual([]);

    const application = applications.rows.get('helpdesk');
    const client_secret = await opened(application?.settings['client_secret'], identity('minter'));
    expect(client_secret).toBe(secrets.clientSecret);
    expect(protocolSettings('oidc')?.schema.parse({ ...application?.settings, client_secret })).toMatchObject({
      client_id: 'helpdesk',
      redirect_uris: ['http://localhost:4000/callback'],
      backchannel_logout_uri: 'http://localhost:4000/backchannel-logout',
    });
  });

  it('keeps its books to the owner and does nothing the second time', async () => {
    await seedDemo(parts, at(4000, 4001));
    expect(statSync(join(dataDir, 'demo-seeded.json')).mode & 0o777).toBe(0o600);
    await seedDemo(parts, at(4000, 4001));
    expect([usersources.writes, applications.writes]).toEqual([1, 1]);
  });

  it('follows its sites to other ports, and services to other keys', async () => {
    await seedDemo(parts, at(4000, 4001));
    await seedDemo(parts, at(4000, 4777));
    expect(usersources.rows.get('intranet')?.settings['remoteLoginUrl']).toBe('http://localhost:4777/multipass');
    expect(applications.writes).toBe(1);
    const minter = identity('minter', 2);
    await seedDemo({ ...parts, keys: { ...parts.keys, minter: minter.publicKeys } }, at(4000, 4777));
    const secret = applications.rows.get('helpdesk')?.settings['client_secret'];
    expect(await opened(secret, minter)).toBe(demoSecrets(dataDir).clientSecret);
  });

  it('takes out what it put in, also after people have signed in by it', async () => {
    await seedDemo(parts, at(4000, 4001));
    const row = usersources.rows.get('intranet');
    if (row)
      usersources.rows.set('intranet', { ...row, revision: 2, proven: { at: '2030-01-01', settingsVersion: 1 } });
    await seedDemo(parts, 'off');
    expect([usersources.rows.size, applications.rows.size]).toEqual([0, 0]);
    await seedDemo(parts, 'off');
    await seedDemo(parts, at(4000, 4001));
    expect([usersources.rows.size, applications.rows.size]).toEqual([1, 1]);
  });

  it('leaves alone what an admin changed, or made', async () => {
    await seedDemo(parts, at(4000, 4001));
    await usersources.update('intranet', { label: 'Our intranet' });
    await seedDemo(parts, at(4000, 4777));
    expect(usersources.rows.get('intranet')).toMatchObject({
      label: 'Our intranet',
      settings: { remoteLoginUrl: 'http://localhost:4001/multipass' },
    });
    await seedDemo(parts, 'off');
    expect([...usersources.rows.keys(), ...applications.rows.keys()]).toEqual(['intranet']);
    await seedDemo(parts, at(4000, 4001));
    expect(usersources.rows.get('intranet')?.label).toBe('Our intranet');
  });

  it('brings PeopleSoft and the directory to the agents, and takes them out where they are gone', async () => {
    const peoplesoft = {
      host: '127.0.0.1',
      port: 5433,
      database: 'acme_hr',
      user: 'acme_hr_reader',
      password: 'ps-secret',
    };
    const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    const directory = { url: 'ldaps://127.0.0.1:6360', ca, bindDn: 'uid=p,dc=acme', bindPassword: 'ldap-secret' };
    const slugs = () => [...usersources.rows.keys()].sort();
    await seedDemo(parts, { ...at(4000, 4001), peoplesoft, directory });
    expect(slugs()).toEqual(['acme-directory', 'intranet', 'peoplesoft-demo']);
    for (const [slug, type, secret, clear] of [
      ['peoplesoft-demo', 'peoplesoft-database', 'password', 'ps-secret'],
      ['acme-directory', 'ldap', 'bindPassword', 'ldap-secret'],
    ] as const) {
      const row = usersources.rows.get(slug);
      expect(row).toMatchObject({ type, audience: 'agents', display: 'form', sso: 'none' });
      expect(await opened(row?.settings[secret], identity('gateway'))).toBe(clear);
      const settings = { ...row?.settings, [secret]: clear };
      expect(usersourceSettings(type)?.schema.safeParse(settings).success).toBe(true);
    }
    const { writes } = usersources;
    await seedDemo(parts, { ...at(4000, 4001), peoplesoft, directory });
    expect(usersources.writes).toBe(writes);
    await seedDemo(parts, { ...at(4000, 4001), peoplesoft: { ...peoplesoft, port: 5444 } });
    expect(slugs()).toEqual(['intranet', 'peoplesoft-demo']);
    expect(usersources.rows.get('peoplesoft-demo')?.settings['port']).toBe(5444);
    await seedDemo(parts, 'off');
    expect(slugs()).toEqual([]);
  });

  it('shows a button where somebody else does SSO already', async () => {
    await seedDemo(parts, at(4000, 4001));
    const {
      id: _id,
      revision: _revision,
      createdAt: _createdAt,
      updatedAt: _updatedAt,
      settingsVersion: _version,
      proven: _proven,
      ...record
    } = usersources.rows.get('intranet') ??
    (() => {
      throw new Error('no intranet');
    })();
    await seedDemo(parts, 'off');
    await usersources.create({ ...record, slug: 'okta' });
    await seedDemo(parts, at(4000, 4001));
    expect(usersources.rows.get('intranet')).toMatchObject({ sso: 'none', display: 'button' });
  });
});
