import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePair } from '../../../../saml/test/certificate.js';
import { requireServer } from '../../servers/find-server.js';
import { freePort } from '../free-port.js';
import { startPeer } from '../peer-process.js';

export interface SamlUser {
  password: string;
  attributes: Record<string, string[]>;
}

export interface SimpleSamlPhpOptions {
  /** By the name they type. */
  users: Readonly<Record<string, SamlUser>>;
}

/** What can be changed while it runs: it is read anew with every request. */
export interface SimpleSamlPhpState {
  /** How it tells service providers that somebody leaves: one redirect after the other, or all at once in frames. */
  logout: 'traditional' | 'iframe';
  /** `cbc` is all that Debian's 1.19 can do; `gcm` is what it is from 2.0 on. */
  encryption: 'none' | 'cbc' | 'gcm';
  /** Entra ID does not. */
  signsLogout: boolean;
  /** For how long somebody is signed in there, from the next sign-in on. */
  sessionSeconds: number;
}

export interface SimpleSamlPhp {
  origin: string;
  /** Its entity ID is the address of its metadata. */
  metadataUrl: string;
  /** Reads our metadata, as its admin would have it do. */
  trust(spMetadata: string): Promise<void>;
  set(state: Partial<SimpleSamlPhpState>): Promise<void>;
  /** The next key beside the one in use, in the metadata only. */
  announceKey(): Promise<void>;
  /** Signs with the announced key, or with one that nobody was told about. */
  rollOver(): Promise<void>;
  /** Where it signs somebody in at a service provider that asked for nothing. */
  unasked(spEntityId: string, relayState?: string): string;
  /** Where somebody leaves it, and with it every service provider. */
  logoutUrl(returnTo: string): string;
  /** The last lines of its log. */
  output(): string;
  stop(): Promise<void>;
}

/** Debian's nobody: whoever is root gives it up. */
const NOBODY = { uid: 65_534, gid: 65_534 };

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/**
 * Debian's SimpleSAMLphp as identity provider, by PHP's own server on 127.0.0.1: another site than `localhost`, as an
 * identity provider is. Its settings follow the vendor's guide (docs/usersources/saml-simplesamlphp.md).
 *
 * @throws when it is not installed
 */
export async function startSimpleSamlPhp({ users }: SimpleSamlPhpOptions): Promise<SimpleSamlPhp> {
  const application = requireServer('simplesamlphp');
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'passbroker-simplesamlphp-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  const account = process.getuid?.() === 0 ? NOBODY : undefined;
  const path = (...names: string[]): string => join(folder, ...names);
  let keys = 0;
  let providers = 0;

  /** Readable by nobody else: what lies there lives as long as the test. */
  async function hand(name: string, text: string): Promise<void> {
    // At once: a request may be reading the old one.
    await writeFile(path(`${name}.new`), text);
    if (account) await chown(path(`${name}.new`), account.uid, account.gid);
    await rename(path(`${name}.new`), path(name));
  }
  async function makeKey(): Promise<string> {
    const name = `key-${(keys += 1)}`;
    const { key, certificate } = makePair({ name: 'SimpleSAMLphp', serial: keys });
    await hand(`keys/${name}.key`, key);
    await hand(`keys/${name}.crt`, certificate);
    return name;
  }
  const stop = async (peer?: { stop(): Promise<void> }): Promise<void> => {
    await peer?.stop();
    process.off('exit', remove);
    remove();
  };

  try {
    await chmod(folder, 0o711);
    await cp(file('./config'), path('config'), { recursive: true });
    for (const name of ['keys', 'log', 'data', 'tmp', 'sessions']) {
      await mkdir(path(name), { mode: 0o700 });
      if (account) await chown(path(name), account.uid, account.gid);
    }
    const state = {
      origin,
      salt: randomBytes(24).toString('hex'),
      people: Object.fromEntries(
        Object.entries(users).map(([name, { password, attributes }]) => [`${name}:${password}`, attributes]),
      ),
      key: await makeKey(),
      next: undefined as string | undefined,
      providers: [] as string[],
      logout: 'traditional',
      encryption: 'none',
      signsLogout: true,
      sessionSeconds: 28_800,
    };
    const save = (change: Partial<typeof state>): Promise<void> =>
      hand('state.json', JSON.stringify(Object.assign(state, change)));
    await save({});
    const peer = await startPeer({
      name: 'SimpleSAMLphp',
      command: requireServer('php'),
      args: ['-d', 'display_errors=0', '-S', `127.0.0.1:${port}`, '-t', join(application, 'www')],
      env: { SIMPLESAMLPHP_CONFIG_DIR: path('config'), PEER_STATE: path('state.json'), TMPDIR: path('tmp') },
      port,
      ...(account && { account }),
    });
    return {
      origin,
      metadataUrl: `${origin}/saml2/idp/metadata.php`,
      trust: async (spMetadata) => {
        const name = `provider-${(providers += 1)}.xml`;
        await hand(name, spMetadata);
        await save({ providers: [...state.providers, path(name)] });
      },
      set: save,
      announceKey: async () => save({ next: await makeKey() }),
      rollOver: async () => save({ key: state.next ?? (await makeKey()), next: undefined }),
      unasked: (spEntityId, relayState) => {
        const query = new URLSearchParams({ spentityid: spEntityId, ...(relayState && { RelayState: relayState }) });
        return `${origin}/saml2/idp/SSOService.php?${query.toString()}`;
      },
      logoutUrl: (returnTo) =>
        `${origin}/saml2/idp/SingleLogoutService.php?${new URLSearchParams({ ReturnTo: returnTo }).toString()}`,
      output: () => [peer.output(), readFileSync(path('log', 'simplesamlphp.log'), 'utf8')].join('\n').slice(-2_000),
      stop: () => stop(peer),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
