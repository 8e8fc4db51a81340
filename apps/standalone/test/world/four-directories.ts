import { CORP, startFaultProxy, startOpenLdap, type FaultProxy, type OpenLdap } from '@passbroker/testing';

/** How a directory is away: its process was stopped, it answers five seconds late, nobody listens at its port. */
export const AWAY = ['silent', 'slow', 'gone'] as const;
export type Away = (typeof AWAY)[number];
export const DIRECTORIES = ['well', ...AWAY] as const;

/** Of each directory, with the password of all of them; addresses are `<uid>@<directory>.test`. */
export const PEOPLE = [
  ['alice', 'Alice Adams'],
  ['bob', 'Bob Brown'],
  ['nina', 'Nina Nested'],
  ['zofia', 'Müller, Žofia (Zürich)'],
  ['jsmith', 'Smith, John (Contractor)'],
  ['xiaolong', '李小龍'],
] as const;

const LATE_MS = 5_000;

interface Directory {
  url: string;
  slapd: OpenLdap;
  fall(): Promise<void>;
  recover(): Promise<void>;
  stop(): Promise<void>;
}

/** Four real OpenLDAP servers with the same people, of whom three can be away. */
export async function startDirectories() {
  const all = await Promise.all([well(), silent(), slow(), gone()]);
  const [, ...away] = all;
  return {
    /** What the admin API is told of each. */
    records: DIRECTORIES.map((slug, index) => recordOf(slug, all[index])),
    fall: () => Promise.all(away.map((one) => one.fall())),
    recover: () => Promise.all(away.map((one) => one.recover())),
    stop: () => Promise.all(all.map((one) => one.stop())),
  };
}
export type Directories = Awaited<ReturnType<typeof startDirectories>>;

const slapdOf = (slug: string): Promise<OpenLdap> => startOpenLdap({ mailDomain: `${slug}.test` });

async function well(): Promise<Directory> {
  const slapd = await slapdOf('well');
  return { url: slapd.url, slapd, fall: async () => undefined, recover: async () => undefined, stop: slapd.stop };
}

async function silent(): Promise<Directory> {
  const slapd = await slapdOf('silent');
  return {
    url: slapd.url,
    slapd,
    fall: async () => slapd.freeze(),
    recover: async () => slapd.thaw(),
    stop: slapd.stop,
  };
}

async function slow(): Promise<Directory> {
  const slapd = await slapdOf('slow');
  const road = await startFaultProxy(slapd.url);
  return {
    ...{ url: road.url, slapd },
    // Half of it there, half of it back.
    fall: async () => road.delay(LATE_MS / 2),
    recover: async () => road.heal(),
    stop: async () => {
      await road.close();
      await slapd.stop();
    },
  };
}

async function gone(): Promise<Directory> {
  const slapd = await slapdOf('gone');
  let road = await startOnQuietPort(slapd.url);
  const { url } = road;
  return {
    ...{ url, slapd },
    fall: () => road.close(),
    recover: async () => {
      road = await startFaultProxy(slapd.url, Number(new URL(url).port));
    },
    stop: async () => {
      await road.close();
      await slapd.stop();
    },
  };
}

/** Below the ports that the system gives to callers: nobody is there by chance while the directory is not. */
async function startOnQuietPort(url: string): Promise<FaultProxy> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await startFaultProxy(url, 20_000 + Math.floor(Math.random() * 10_000));
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
}

function recordOf(slug: string, directory: Directory | undefined) {
  if (!directory) throw new Error(`no directory ${slug}`);
  return {
    ...{ slug, type: 'ldap', brand: 'default', audience: 'users', label: `The ${slug} one`, order: 50 },
    ...{ enabled: true, display: 'form', jit: { create: 'on' } },
    linking: { mode: 'prove', authoritativeDomains: [`${slug}.test`] },
    mapping: { groups: "['of ' + usersource.slug]", attributes: {} },
    settings: {
      ...{ servers: [directory.url], ca: directory.slapd.tls.ca, loginAttributes: ['mail'] },
      ...{ baseDn: CORP.peopleDn, groupBaseDn: CORP.groupsDn, lockoutThreshold: CORP.lockoutThreshold },
      ...{ bindDn: CORP.service.dn, bindPassword: CORP.service.password },
    },
  };
}
