import type { Client, ClientMetadata } from 'oidc-provider';
import type Provider from 'oidc-provider';
import type { OpenApplication, ProtocolTools } from '../protocol.js';
import { CLIENT_ID, oidcSettings, SCOPES, type OidcSettings } from './oidc.settings.js';

interface Entry {
  open: OpenApplication;
  client: Client;
  settings: OidcSettings;
}

/** More than any brand has; a bound all the same. */
const MOST = 50_000;

/**
 * Applications as oidc-provider's clients. The provider's own way (find, hash, validate; 100 remembered) gets
 * dearer with every client; here a client is built once per revision of its record and found by name after.
 */
export class OidcClients {
  private readonly entries = new Map<string, Entry>();
  private readonly settings = new WeakMap<Client, Entry>();

  constructor(private readonly tools: ProtocolTools) {}

  /** Puts this catalog in the place of the provider's. */
  serve(provider: Provider): void {
    provider.Client.find = (id: string) => this.find(provider, id);
  }

  settingsOf(client: Client): OidcSettings | undefined {
    return this.settings.get(client)?.settings;
  }

  applicationOf(client: Client): OpenApplication | undefined {
    return this.settings.get(client)?.open;
  }

  private async find(provider: Provider, id: unknown): Promise<Client | undefined> {
    if (typeof id !== 'string' || !CLIENT_ID.test(id)) return undefined;
    const open = await this.tools.application('oidc', id);
    if (!open) return undefined;
    const known = this.entries.get(open.record.id);
    if (known?.open === open) return known.settings.client_id === id ? known.client : undefined;
    const entry = this.build(provider, open);
    if (entry?.settings.client_id !== id) return undefined;
    if (this.entries.size >= MOST) this.entries.clear();
    this.entries.set(open.record.id, entry);
    this.settings.set(entry.client, entry);
    return entry.client;
  }

  /** Settings that no longer parse are a client that does not exist: fail closed, and say so. */
  private build(provider: Provider, open: OpenApplication): Entry | undefined {
    try {
      const settings = oidcSettings.parse({ ...open.record.settings, ...open.secrets });
      // The published types hide the constructor's argument.
      const client: unknown = Reflect.construct(provider.Client, [metadata(settings)]);
      return client instanceof provider.Client ? { open, settings, client } : undefined;
    } catch (error) {
      const { id, slug } = open.record;
      this.tools.log.error({ application: id, slug, err: reason(error) }, 'application has unusable settings');
      return undefined;
    }
  }
}

const reason = (error: unknown): string =>
  error instanceof Error && 'error_description' in error ? String(error.error_description) : String(error);

function metadata(settings: OidcSettings): ClientMetadata {
  const { require_pkce: _pkce, audience: _audience, access_token_format: _format, ...own } = settings;
  const asks = settings.grant_types.includes('authorization_code');
  return {
    ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)),
    client_id: settings.client_id,
    response_types: asks ? ['code'] : [],
    scope: settings.scope ?? SCOPES.join(' '),
  };
}
