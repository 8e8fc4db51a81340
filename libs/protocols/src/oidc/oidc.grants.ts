import Provider, { type Grant, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import type { ProtocolTools } from '../protocol.js';
import type { OidcClients } from './oidc.clients.js';
import { SCOPES } from './oidc.settings.js';

const DAY = 24 * 3_600;
/** A grant is the farthest horizon of all tokens that come of one sign-in, however often they are refreshed. */
export const GRANT_SECONDS = 30 * DAY;
export const REFRESH_SECONDS = 14 * DAY;

const originShape = z.object({ usersource: z.string(), session: z.string(), since: z.number().default(0) });

/** Where a grant came from: what must still be there for its tokens to be worth anything. */
export type Origin = z.infer<typeof originShape>;

export const originOf = (grant: Grant | undefined): Origin | undefined =>
  grant === undefined ? undefined : originShape.safeParse(Reflect.get(grant, 'origin')).data;

/**
 * Grants of our applications: the operator installed them, so nobody is asked for consent, and a grant covers
 * all that the application may ever ask. It remembers its origin.
 */
export class OidcGrants {
  constructor(
    private readonly tools: ProtocolTools,
    private readonly clients: OidcClients,
    private readonly provider: () => Provider,
  ) {}

  /** Lets the origin into a grant's record, and lets one request read one grant once. */
  serve(provider: Provider): void {
    const Grants = provider.Grant;
    const payload = Reflect.get(Grants, 'IN_PAYLOAD') as unknown;
    Object.defineProperty(Grants, 'IN_PAYLOAD', { value: [...z.array(z.string()).parse(payload), 'origin'] });
    const find = Grants.find.bind(Grants);
    Object.defineProperty(Grants, 'find', {
      value: async (id: string, options?: object): Promise<unknown> => {
        const known = Provider.ctx?.oidc.entities.Grant;
        return known?.jti === id ? known : find(id, options);
      },
    });
  }

  /** The grant of this sign-in: the session's own when it still fits, else a new one. */
  async ofSignIn(ctx: KoaContextWithOIDC, origin: Omit<Origin, 'since'>): Promise<Grant | undefined> {
    const { client, session, account } = ctx.oidc;
    if (!client || !session || !account) return undefined;
    const scope = client.scope ?? SCOPES.join(' ');
    const audience = this.clients.settingsOf(client)?.audience;
    const id = session.grantIdFor(client.clientId);
    const kept = id === undefined ? undefined : await this.find(id);
    // Never written again: a grant that was revoked in the meantime must not rise from this request's copy.
    if (kept && kept.accountId === account.accountId && fits(kept, origin, scope, audience)) return kept;
    const grant = new (this.provider().Grant)({ accountId: account.accountId, clientId: client.clientId });
    grant.addOIDCScope(scope);
    if (audience !== undefined) grant.addResourceScope(audience, scope);
    Reflect.set(grant, 'origin', { ...origin, since: this.tools.now().getTime() });
    await grant.save();
    return grant;
  }

  /** Whether the person behind a token may still hold it. */
  async account(ctx: KoaContextWithOIDC, id: string, { grantId, expiresWithSession }: Granted) {
    const grant = ctx.oidc.entities.Grant ?? (grantId === undefined ? undefined : await this.find(grantId));
    if (grant) ctx.oidc.entity('Grant', grant);
    const origin = originOf(grant);
    if (origin === undefined) return undefined;
    const [account, ended] = await Promise.all([
      this.tools.account(id, origin.usersource),
      this.tools.endedWith({ account: id, ...origin, lasting: expiresWithSession !== true }),
    ]);
    return ended ? undefined : account;
  }

  private find(id: string): Promise<Grant | undefined> {
    return this.provider().Grant.find(id, { ignoreExpiration: true });
  }
}

/** What the provider keeps of a token's family. */
export interface Granted {
  grantId?: string | undefined;
  /** Not set for tokens that were asked for with `offline_access`. */
  expiresWithSession?: boolean | undefined;
}

function fits(grant: Grant, origin: Omit<Origin, 'since'>, scope: string, audience: string | undefined): boolean {
  const left = (grant.exp ?? 0) - Date.now() / 1_000;
  return (
    left > REFRESH_SECONDS &&
    originOf(grant)?.usersource === origin.usersource &&
    originOf(grant)?.session === origin.session &&
    grant.getOIDCScope() === scope &&
    (audience === undefined || grant.getResourceScope(audience) === scope)
  );
}
