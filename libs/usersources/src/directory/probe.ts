import type { TLSSocket } from 'node:tls';
import { Refusal } from '@passbroker/model';
import type { MayReach } from '@passbroker/platform';
import { PresenceFilter } from 'ldapts';
import type { Health } from '../usersource.js';
import { chainOf, firstToEnd } from './certificate-chain.js';
import { LdapConnection } from './connection.js';
import type { Entry } from './entry.js';
import type { Group } from './groups.js';
import type { DirectoryKind, Reach } from './kind.js';
import { openSecureSocket } from './secure-socket.js';
import type { Servers } from './servers.js';
import type { ServiceAccount } from './service-account.js';
import type { DirectorySettings } from './settings.js';

interface Parts {
  settings: DirectorySettings;
  kind: DirectoryKind;
  servers: Servers;
  service: ServiceAccount;
  mayReach: MayReach;
  now: () => Date;
  find: (reach: Reach, name: string) => Promise<Entry>;
  groups: (reach: Reach, person: Entry) => Promise<Group[]>;
}

type Step = Health['steps'][number];

/** A certificate that ends so soon is a step that fails: its last day is a bad day to learn of it. */
const SOON_DAYS = 14;
const DAY_MS = 86_400_000;

/**
 * Every server, step by step, and then one question by one of them. Down means that nobody can sign in: a single dead
 * server beside a living one is a step that failed, no more.
 */
export async function probeDirectory(parts: Parts): Promise<Health> {
  const { settings, service } = parts;
  const steps: Step[] = [];
  let living = 0;
  for (const url of settings.servers) if (await probeServer(url, parts, steps)) living++;
  if (living === 0) return { state: 'down', steps };

  const signal = AbortSignal.timeout(settings.timeoutSec * 1_000);
  const reach = { servers: parts.servers, service, signal };
  const searched = await step(steps, 'search', async () => {
    const query = {
      scope: 'base',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: ['1.1'],
      max: 1,
    } as const;
    const found = await service.search(settings.baseDn, { ...query, attributes: ['1.1'] }, signal);
    if (found.length === 0) throw new Error('our account cannot see it');
    return { value: true, detail: `${settings.baseDn} is there` };
  });
  if (!searched || settings.trialPerson === undefined) return { state: searched ? 'ok' : 'down', steps };
  const name = settings.trialPerson;
  const person = await step(steps, 'person', async () => {
    const found = await parts.find(reach, name);
    const subject = parts.kind.subject(found);
    if (subject === undefined) throw new Error('our account cannot read who it is for ever');
    return { value: found, detail: `${name} is ${found.dn}, known as ${subject}` };
  });
  if (person) {
    await step(steps, 'groups', async () => {
      const groups = await parts.groups(reach, person);
      const names = groups.slice(0, 20).map((group) => group.name);
      return { value: groups, detail: `${groups.length}: ${names.join(', ')}` };
    });
  }
  return { state: 'ok', steps };
}

async function probeServer(url: string, { settings, service, mayReach, now }: Parts, steps: Step[]): Promise<boolean> {
  const signal = AbortSignal.timeout(settings.timeoutSec * 1_000);
  const { ca, serverName } = settings;
  try {
    const socket = await openSecureSocket(url, { ca, serverName, mayReach }, signal, {
      done: (name, detail) => steps.push({ step: `${name} ${url}`, ok: true, detail }),
    });
    steps.push(certificateStep(url, socket, now()));
    const connection = new LdapConnection(socket);
    const bound = await step(steps, `bind ${url}`, async () => {
      await service.bind(connection, signal);
      return { value: true, detail: `${service.dn} is let in` };
    }).finally(() => connection.close());
    return bound ?? false;
  } catch (error) {
    const detail = wordsOf(error);
    steps.push({ step: `${/^(dns|tcp|starttls|tls):/.exec(detail)?.[1] ?? 'connect'} ${url}`, ok: false, detail });
    return false;
  }
}

/** Of the whole chain: an authority that ends takes every certificate of its own along. */
function certificateStep(url: string, socket: TLSSocket, now: Date): Step {
  const first = firstToEnd(chainOf(socket));
  if (!first) return { step: `certificate ${url}`, ok: false, detail: 'the server showed none' };
  const days = Math.floor((first.until.getTime() - now.getTime()) / DAY_MS);
  return { step: `certificate ${url}`, ok: days > SOON_DAYS, detail: `${days} days left, of ${first.name}` };
}

async function step<Value>(
  steps: Step[],
  name: string,
  run: () => Promise<{ detail: string; value: Value }>,
): Promise<Value | undefined> {
  try {
    const { detail, value } = await run();
    steps.push({ step: name, ok: true, detail });
    return value;
  } catch (error) {
    steps.push({ step: name, ok: false, detail: wordsOf(error) });
    return undefined;
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof Refusal) return error.detail;
  return error instanceof Error ? error.message : 'failed';
}
