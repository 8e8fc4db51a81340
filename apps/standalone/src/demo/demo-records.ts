import { createHash } from 'node:crypto';
import type { NewApplication, NewUsersource } from '@passbroker/catalog';
import { keyThumbprint, sealSecret, type ServicePublicKeys } from '@passbroker/platform';
import { demoSecrets } from './demo-secrets.js';
import type { DirectoryDemo } from './directory/directory.js';
import { LOCKOUT, MEMBERS, TREE } from './directory/tree.js';
import { helpDeskAddresses } from './help-desk/help-desk.js';
import { remoteLoginUrl } from './intranet/intranet.js';
import type { PeoplesoftDemo } from './peoplesoft/peoplesoft-database.js';
import { DEMO_APPLICATION } from './start-demo.js';

/** Of the services that open the secrets. */
export interface SealingKeys {
  gateway: ServicePublicKeys;
  minter: ServicePublicKeys;
}

/** Where the demo is: origins of its sites and of the broker, and whatever else people can sign in by. */
export interface DemoPlaces {
  helpDesk: string;
  intranet: string;
  brokerOrigin: string;
  peoplesoft?: PeoplesoftDemo;
  directory?: DirectoryDemo;
}

export interface Wanted<New> {
  record: New;
  /** The same for the same wish: sealing gives other bytes every time. */
  mark: string;
}

export const DEMO_USERSOURCE = 'intranet';
export const DEMO_PEOPLESOFT = 'peoplesoft-demo';
export const DEMO_DIRECTORY = 'acme-directory';

/** Acme owns its domain: whoever signed in before the demo was switched off and on again is found by their address. */
const LINKING: NewUsersource['linking'] = { mode: 'auto_verified', authoritativeDomains: ['acme.test'] };

/** Neither PeopleSoft nor a directory says that an address is verified; a typed one is asked where its domain is at home. */
const provedFor = (domain: string): NewUsersource['linking'] => ({ mode: 'prove', authoritativeDomains: [domain] });

const COMMON = {
  ...{ brand: 'default', enabled: true, hintable: true, forwardPassive: false, slo: false },
  ...{ domains: [], networks: [], jit: { create: 'on', grant: [] } },
} satisfies Partial<NewUsersource>;

export async function intranetRecord(
  { helpDesk, intranet, brokerOrigin }: DemoPlaces,
  { gateway }: SealingKeys,
  dataDir: string,
): Promise<Wanted<NewUsersource>> {
  const { siteKey, apiKey } = demoSecrets(dataDir);
  const settings = {
    siteKey,
    remoteLoginUrl: remoteLoginUrl(intranet),
    returnUrls: [`${brokerOrigin}/*`, `${helpDesk}/*`],
    unsolicited: true,
  };
  return {
    record: {
      ...COMMON,
      ...{ slug: DEMO_USERSOURCE, audience: 'users', type: 'multipass', label: 'Acme intranet', order: 20 },
      ...{ sso: 'automatic', display: 'button', linking: LINKING },
      settings: { ...settings, apiKey: { sealed: await sealSecret(gateway, apiKey) } },
    },
    mark: digest([settings, LINKING, apiKey, keyThumbprint(gateway.sealing)]),
  };
}

/**
 * For agents, whose entrance shows a form at once: the users' is the intranet's. In clear on this machine's loopback, which the usersource's standing warning says.
 */
export async function peoplesoftRecord(
  { password, ...connection }: PeoplesoftDemo,
  { gateway }: SealingKeys,
): Promise<Wanted<NewUsersource>> {
  const settings = {
    ...{ dialect: 'postgres', ...connection, tls: 'off' },
    ...{ passwordCheck: 'unsalted-sha1', databaseName: 'ACMEHR' },
  };
  return {
    record: {
      ...COMMON,
      ...{
        slug: DEMO_PEOPLESOFT,
        audience: 'agents',
        type: 'peoplesoft-database',
        label: 'PeopleSoft (demo)',
        order: 30,
      },
      ...{ sso: 'none', display: 'form', linking: provedFor('hr.acme.test') },
      mapping: { username: 'said.oprid', groups: 'said.roles', attributes: {} },
      settings: { ...settings, password: { sealed: await sealSecret(gateway, password) } },
    },
    mark: digest([settings, password, keyThumbprint(gateway.sealing)]),
  };
}

export async function directoryRecord(
  { url, ca, bindDn, bindPassword }: DirectoryDemo,
  { gateway }: SealingKeys,
): Promise<Wanted<NewUsersource>> {
  const settings = {
    ...{ servers: [url], ca, bindDn, baseDn: TREE.people, groupBaseDn: TREE.groups },
    ...{ loginAttributes: ['uid', 'mail'], trialPerson: MEMBERS[0]?.uid },
    ...{ lockoutThreshold: LOCKOUT.threshold, lockoutWindowMin: LOCKOUT.windowMin },
  };
  return {
    record: {
      ...COMMON,
      ...{ slug: DEMO_DIRECTORY, audience: 'agents', type: 'ldap', label: 'Acme directory', order: 40 },
      ...{ sso: 'none', display: 'form', linking: provedFor('corp.acme.test') },
      mapping: { username: 'said.uid', groups: 'said.groups', attributes: {} },
      settings: { ...settings, bindPassword: { sealed: await sealSecret(gateway, bindPassword) } },
    },
    mark: digest([settings, bindPassword, keyThumbprint(gateway.sealing)]),
  };
}

export async function helpDeskRecord(
  { helpDesk }: DemoPlaces,
  { minter }: SealingKeys,
  dataDir: string,
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
  return {
    record: {
      slug: DEMO_APPLICATION,
      protocol: 'oidc',
      brand: 'default',
      audience: 'users',
      name: 'Acme help desk',
      enabled: true,
      settings: { ...settings, client_secret: { sealed: await sealSecret(minter, clientSecret) } },
    },
    mark: digest([settings, clientSecret, keyThumbprint(minter.sealing)]),
  };
}

/** JSON keeps no order of members, and Postgres gives them back in its own. */
export function digest(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value, (_name, part: unknown) => inOrder(part)))
    .digest('base64url');
}

function inOrder(part: unknown): unknown {
  if (Array.isArray(part) || typeof part !== 'object' || part === null) return part;
  return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
}
