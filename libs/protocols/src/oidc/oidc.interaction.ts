import type { IncomingMessage } from 'node:http';
import type Provider from 'oidc-provider';
import { errors, interactionPolicy, type Interaction, type KoaContextWithOIDC, type Session } from 'oidc-provider';
import type { SignInAsk, SignInOutcome } from '@passbroker/model';
import type { ProtocolTools } from '../protocol.js';
import { sameText } from './same-text.js';
import type { OidcClients } from './oidc.clients.js';
import type { OidcSettings } from './oidc.settings.js';
import { asProviderError } from './oidc.errors.js';

const { Prompt, Check } = interactionPolicy;

/** Seconds by which an upstream's clock may be ahead or behind when it says that somebody signed in just now. */
const FRESH_TOLERANCE = 60;

/** Our note, in the stored request, that the application said `prompt=none`. Taken away from applications. */
const SILENT = 'prompt_none';
/** The same, that it asked for the page with all usersources. Nothing is lost when an application says so itself. */
const OPTIONS = 'options';

type Admitted = Extract<SignInOutcome, { admitted: true }>;

/**
 * One sign-in as oidc-provider sees it: an interaction that always happens.
 *
 *   /auth ─► policy: ask ─► url(): open a transaction ─► 303 gateway … 303 ─► /auth/:uid ─► back(): collect
 *         ─► the provider resumes with what was collected ─► policy: does it fit the question? ─► code
 *
 * The gateway's session is the only one that counts, so every authorization goes there, `prompt=none` too.
 * What was collected is handed to the provider in memory: it never is in Redis unsealed.
 */
export class OidcInteraction {
  private readonly outcomes = new WeakMap<IncomingMessage, SignInOutcome>();

  constructor(
    private readonly tools: ProtocolTools,
    private readonly clients: OidcClients,
    private readonly endSession: (ctx: KoaContextWithOIDC, session: Session) => Promise<void>,
  ) {}

  /** Applications may name their usersource; `prompt=none` becomes a note, because the provider would refuse it unasked. */
  readonly extraParams = {
    usersource: null,
    idp_hint: null,
    // The provider drops what is empty; but a hint that names nobody asks for all the options.
    [OPTIONS]: (ctx: KoaContextWithOIDC): void => {
      const { params, body } = ctx.oidc;
      const given: Params = { ...ctx.query, ...body };
      if (params && (given['usersource'] === '' || given['idp_hint'] === '')) params[OPTIONS] = 'true';
    },
    [SILENT]: (ctx: KoaContextWithOIDC): void => {
      const { params, route } = ctx.oidc;
      if (!params) return;
      params[SILENT] = undefined;
      // A pushed request comes by here again when it is used.
      if (route === 'pushed_authorization_request' || params['prompt'] !== 'none') return;
      params['prompt'] = undefined;
      params[SILENT] = 'true';
    },
  };

  readonly policy = [
    new Prompt(
      { name: 'login', requestable: true },
      new Check('asks_the_gateway', 'sign-in is required', 'login_required', (ctx) => {
        if (!ctx.oidc.result?.login) return Check.REQUEST_PROMPT;
        this.assertFits(ctx);
        return Check.NO_NEED_TO_PROMPT;
      }),
    ),
    // Both are asked of the gateway in the same walk.
    new Prompt({ name: 'select_account', requestable: true }),
    new Prompt({ name: 'consent', requestable: true }),
  ];

  readonly url = async (ctx: KoaContextWithOIDC, interaction: Interaction): Promise<string> => {
    const application = ctx.oidc.client && this.clients.applicationOf(ctx.oidc.client);
    if (!application) throw new errors.InvalidClient('client is invalid');
    try {
      const walk = {
        application: application.record,
        ask: askOf(interaction.params, ctx.oidc.client && this.clients.settingsOf(ctx.oidc.client)),
        returnTo: `/oidc/auth/${interaction.uid}`,
        id: interaction.uid,
      };
      return (await this.tools.ask(ctx.req, ctx.res, walk)).href;
    } catch (error) {
      throw asProviderError(error);
    }
  };

  /** Before the provider resumes: takes the outcome off the table. @throws Refusal */
  async back(req: IncomingMessage, uid: string): Promise<void> {
    this.outcomes.set(req, await this.tools.collect(req, uid));
  }

  admitted(ctx: { req: IncomingMessage }): Admitted | undefined {
    const outcome = this.outcomes.get(ctx.req);
    return outcome?.admitted ? outcome : undefined;
  }

  /** Hands what was collected to the provider, and lets somebody else sign in at the same browser. */
  serve(provider: Provider): void {
    const findInteraction = provider.Interaction.find.bind(provider.Interaction);
    Object.defineProperty(provider.Interaction, 'find', {
      value: async (id: string): Promise<Interaction | undefined> => {
        const ctx = currentContext(provider);
        const outcome = ctx && this.outcomes.get(ctx.req);
        const interaction = await findInteraction(id);
        if (!interaction || !(interaction instanceof provider.Interaction) || !outcome) return undefined;
        interaction.result = resultOf(outcome);
        // The session is looked at in `Session.get`; the provider would refuse or ask by a page of its own.
        Reflect.deleteProperty(interaction, 'session');
        return interaction;
      },
    });

    const getSession = provider.Session.get.bind(provider.Session);
    Object.defineProperty(provider.Session, 'get', {
      value: async (ctx: KoaContextWithOIDC): Promise<Session> => {
        const session = await getSession(ctx);
        const admitted = this.admitted(ctx);
        if (!admitted || session.accountId === undefined || session.accountId === admitted.account) return session;
        await this.endSession(ctx, session);
        const fresh = new provider.Session();
        ctx.oidc.entity('Session', fresh);
        return fresh;
      },
    });
  }

  /** The gateway was asked for this; a protocol does not take its word for what it can see itself. */
  private assertFits(ctx: KoaContextWithOIDC): void {
    const { params = {}, session, account, client } = ctx.oidc;
    if (!account || !session || !client) throw new errors.AccessDenied('the account may not sign in here');
    const authTime = session.authTime() ?? 0;
    const now = Math.floor(this.tools.now().getTime() / 1_000);
    const maxAge = params['max_age'];
    if (maxAge !== undefined && now - authTime > Number(maxAge) + FRESH_TOLERANCE) {
      throw new errors.LoginRequired('the sign-in is older than max_age');
    }
    const asked = ctx.oidc.entities.Interaction?.iat ?? 0;
    if (wants(params, 'login') && authTime < asked - FRESH_TOLERANCE) {
      throw new errors.LoginRequired('a fresh sign-in was asked for');
    }
    const hinted = subjectOf(params['id_token_hint']);
    if (hinted !== undefined && client.subjectType !== 'pairwise' && !sameText(hinted, account.accountId)) {
      throw new errors.LoginRequired('another person signed in than the one that was hinted at');
    }
  }
}

const currentContext = (provider: Provider): KoaContextWithOIDC | undefined => {
  const { constructor } = provider;
  return Reflect.get(constructor, 'ctx') as KoaContextWithOIDC | undefined;
};

function resultOf(outcome: SignInOutcome): NonNullable<Interaction['result']> {
  if (!outcome.admitted) {
    // That nobody is signed in is no event, so there is nothing that a reference would lead to.
    const refused = outcome.error === 'access_denied' || outcome.error === 'temporarily_unavailable';
    return {
      error: outcome.error,
      error_description: refused
        ? `reference ${outcome.reference}`
        : 'it takes a page to sign in, and none may be shown',
    };
  }
  return {
    login: {
      accountId: outcome.account,
      ts: outcome.authTime,
      amr: outcome.methods,
      ...(outcome.acr === undefined ? {} : { acr: outcome.acr }),
    },
    consent: {},
    select_account: {},
  };
}

type Params = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const words = (value: unknown): string[] | undefined => text(value)?.split(' ').filter(Boolean).slice(0, 20);
const wants = (params: Params, prompt: string): boolean => words(params['prompt'])?.includes(prompt) ?? false;

function askOf(params: Params, settings: OidcSettings | undefined): SignInAsk {
  const options = params[OPTIONS] === 'true' ? '' : undefined;
  const usersource = text(params['usersource']) ?? text(params['idp_hint']) ?? options;
  const loginHint = text(params['login_hint']);
  // What the operator demands of an application is not the browser's to ask away.
  const asked = [...(words(params['acr_values']) ?? []), ...(settings?.default_acr_values ?? [])];
  const acr = asked.length === 0 ? undefined : [...new Set(asked)];
  const uiLocales = words(params['ui_locales']);
  return {
    forceFresh: wants(params, 'login'),
    silent: params[SILENT] === 'true',
    ...(wants(params, 'select_account') ? { selectAccount: true } : {}),
    ...(params['max_age'] === undefined ? {} : { maxAge: Number(params['max_age']) }),
    ...(loginHint === undefined ? {} : { loginHint }),
    ...(usersource === undefined ? {} : { usersourceHint: usersource }),
    ...(acr === undefined ? {} : { acr }),
    ...(uiLocales === undefined ? {} : { uiLocales }),
  };
}

/** The provider checked the signature when the question came in; only whom it names is read here. */
function subjectOf(idToken: unknown): string | undefined {
  const payload = text(idToken)?.split('.')[1];
  if (payload === undefined) return undefined;
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  return typeof claims === 'object' && claims !== null && 'sub' in claims ? text(claims.sub) : undefined;
}
