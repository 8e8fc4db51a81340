import type Provider from 'oidc-provider';
import type { Client, KoaContextWithOIDC, Session } from 'oidc-provider';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import type { ProtocolTools } from '../protocol.js';
import type { OidcClients } from './oidc.clients.js';
import type { OidcStorage } from './oidc.storage.js';
import { sameText } from './same-text.js';

/** Where the gateway sends the browser back to. */
const RETURN_TO = '/oidc/session/ended';

/** What the provider leaves in its session when an application's question to sign out has passed its checks. */
const stateShape = z.object({
  secret: z.string().min(16),
  clientId: z.string().optional(),
  state: z.string().optional(),
  postLogoutRedirectUri: z.string().optional(),
});

/** What it keeps of each application that got a pass. */
const authorizationsShape = z.record(z.string(), z.object({ sid: z.string().optional() }));

/**
 * Signing out, in two halves around the gateway, which owns the session and the page that asks:
 *
 *   /session/end ─► the provider checks the question ─► 303 gateway /logout?then=… ─► 303 /session/ended?signed_out=…
 *                ─► applications are told, tokens die, the provider's session ends ─► 303 post_logout_redirect_uri
 */
export class OidcSignOut {
  constructor(
    private readonly tools: ProtocolTools,
    private readonly clients: OidcClients,
    private readonly provider: () => Provider,
    private readonly storage: Pick<OidcStorage, 'take' | 'forget'>,
  ) {}

  /** After the provider accepted the question; takes the place of its self-submitting page. */
  ask(ctx: KoaContextWithOIDC): void {
    const state = stateShape.safeParse(ctx.oidc.session?.state).data;
    if (!state) throw new Refusal('request.malformed', 'nothing was asked');
    const hint: unknown = ctx.oidc.entities['IdTokenHint'];
    const hinted = z.object({ payload: z.object({ sub: z.string() }) }).safeParse(hint).data?.payload.sub;
    const account = ctx.oidc.session?.accountId;
    // Any page can send a browser here (OIDC-OP-054). Who shows this person's own id_token need not ask again.
    const confirmed = account !== undefined && hinted === account;
    ctx.body = null;
    const application = ctx.oidc.client && this.clients.applicationOf(ctx.oidc.client)?.record.id;
    const to = this.tools.signOut({
      id: state.secret,
      returnTo: RETURN_TO,
      confirmed,
      ...(confirmed ? { account } : {}),
      ...(application === undefined ? {} : { application }),
    });
    ctx.redirect(to.href);
    ctx.status = 303;
  }

  /** @throws Refusal when the word is not the gateway's, came twice, or answers a question of another browser. */
  async answer(ctx: KoaContextWithOIDC, frame: string): Promise<void> {
    const { id, ended } = await this.tools.signedOut(ctx.req, frame);
    const session = await this.provider().Session.get(ctx);
    const state = stateShape.safeParse(session.state).data;
    if (id !== '' && (state === undefined || !sameText(state.secret, id))) {
      throw new Refusal('transaction.other_browser', 'the sign-out was asked for in another browser, or is over');
    }
    if (ended) {
      await this.end(ctx, session);
      ctx.cookies.set(this.provider().cookieName('session'), null, { path: '/oidc' });
    } else if (id !== '') {
      await this.leave(session, state?.clientId);
    }
    ctx.redirect(id === '' ? new URL('/signed-out', this.tools.brand.origin).href : this.destination(state));
    ctx.status = 303;
  }

  /** Ends all that began in this session: applications are told in the background, tokens are dead when this returns. */
  async end(_ctx: unknown, session: Session): Promise<void> {
    const clients = Object.keys(session.authorizations ?? {});
    const told = Promise.all(clients.map((client) => this.tell(client, session.accountId, session.sidFor(client))));
    await Promise.all(clients.map((client) => this.revoke(session, client)));
    await session.destroy();
    await told;
  }

  /**
   * The gateway's session was ended elsewhere: by its owner, an admin, the upstream, or for want of room. What it gave
   * out is over already (`ended-sessions`); here the applications hear of it. After a crash they hear of it twice.
   */
  async sessionEnded({ account, session: handle }: { account: string; session: string }): Promise<void> {
    const kept = await this.storage.take(handle, account);
    if (!kept) return;
    const clients = Object.entries(authorizationsShape.parse(kept.authorizations ?? {}));
    await Promise.all(clients.map(([client, { sid }]) => this.tell(client, account, sid)));
    await this.storage.forget(handle);
  }

  /** The person stays; only the application that asked is left. */
  private async leave(session: Session, clientId: string | undefined): Promise<void> {
    if (clientId !== undefined) {
      const told = this.tell(clientId, session.accountId, session.sidFor(clientId));
      await this.revoke(session, clientId);
      if (session.authorizations) Reflect.deleteProperty(session.authorizations, clientId);
      await told;
    }
    Reflect.deleteProperty(session, 'state');
    if (session.exp !== undefined) await session.persist();
  }

  private destination(state: z.infer<typeof stateShape> | undefined): string {
    if (state?.postLogoutRedirectUri === undefined) return new URL('/signed-out', this.tools.brand.origin).href;
    const to = new URL(state.postLogoutRedirectUri);
    if (state.state !== undefined) to.searchParams.set('state', state.state);
    return to.href;
  }

  /** One application that does not answer keeps nobody signed in, and no other application from hearing. */
  private async tell(clientId: string, accountId: string | undefined, sid: string | undefined): Promise<void> {
    const client = await this.provider().Client.find(clientId);
    if (!tellable(client) || accountId === undefined) return;
    try {
      await client.backchannelLogout(accountId, sid);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.tools.log.warn({ client: clientId, err: detail }, 'application was not told of a sign-out');
      this.tools.audit({
        action: 'application.logout_failed',
        outcome: { result: 'failed', code: 'usersource.unreachable' },
        targets: [{ type: 'application', id: clientId }],
        detail,
      });
    }
  }

  private async revoke(session: Session, clientId: string): Promise<void> {
    const grantId = session.grantIdFor(clientId);
    if (grantId === undefined || session.authorizationFor(clientId)?.persistsLogout) return;
    await this.provider().Grant.adapter.destroy(grantId);
  }
}

interface Tellable {
  backchannelLogoutUri: string;
  backchannelLogout(account: string, sid: string | undefined): Promise<unknown>;
}

const tellable = (client: unknown): client is Client & Tellable =>
  typeof client === 'object' &&
  client !== null &&
  'backchannelLogoutUri' in client &&
  typeof client.backchannelLogoutUri === 'string' &&
  'backchannelLogout' in client;
