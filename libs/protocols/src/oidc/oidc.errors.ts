import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { Refusal, type RefusalCode } from '@passbroker/model';
import { newReference } from '@passbroker/platform';
import type { ProtocolTools } from '../protocol.js';

/** Seconds after which a client may try again. */
const RETRY_AFTER = '2';

/** What we need is away: 503 for machines, `temporarily_unavailable` for the application behind a browser. */
export function unavailable(cause: unknown): Error {
  if (cause instanceof errors.OIDCProviderError) return cause;
  const error = new errors.TemporarilyUnavailable('the service is temporarily unavailable');
  return Object.assign(error, { status: 503, statusCode: 503, cause });
}

/** A Refusal in OAuth's words, where the application is still known and can be told. */
export function asProviderError(refusal: unknown): unknown {
  if (!(refusal instanceof Refusal)) return refusal;
  return refusal.code === 'service.unavailable' ? unavailable(refusal) : refusal;
}

const CODES: Record<string, RefusalCode> = {
  invalid_client: 'application.unknown',
  temporarily_unavailable: 'service.unavailable',
  server_error: 'service.unavailable',
};

const codeOf = (error: unknown): RefusalCode => {
  if (error instanceof Refusal) return error.code;
  if (error instanceof errors.SessionNotFound) return 'transaction.expired';
  if (error instanceof errors.OIDCProviderError) return CODES[error.error] ?? 'request.malformed';
  return 'service.unavailable';
};

/** People get the gateway's page, by reference; the minter itself shows none. Programs get JSON. */
export function problemAnswerer(tools: ProtocolTools) {
  return (
    ctx: Pick<KoaContextWithOIDC, 'accepts' | 'set' | 'redirect' | 'path'> & AnswerBody,
    error: unknown,
    body?: object,
  ): void => {
    const code = codeOf(error);
    const reference = newReference();
    const detail = error instanceof Refusal ? error.detail : error instanceof Error ? error.message : String(error);
    const fault = !(error instanceof Refusal || error instanceof errors.OIDCProviderError);
    const path = ctx.path.replace(/^\/auth\/.+/, '/auth/:transaction');
    tools.log[fault ? 'error' : 'info']({ code, reference, path, err: detail }, 'refused');
    tools.audit({
      action: 'authorization.refused',
      outcome: { result: fault ? 'failed' : 'refused', code },
      targets: [],
      reference,
      detail,
    });
    if (ctx.accepts('json', 'html') === 'html' && code !== 'service.unavailable') {
      const to = new URL('/problem', tools.brand.origin);
      to.searchParams.set('code', code);
      to.searchParams.set('reference', reference);
      ctx.redirect(to.href);
      ctx.status = 303;
      return;
    }
    ctx.status = code === 'service.unavailable' ? 503 : Math.max(ctx.status, 400);
    if (ctx.status === 503) ctx.set('retry-after', RETRY_AFTER);
    ctx.body = { ...(body ?? { error: 'invalid_request' }), code, reference };
  };
}

interface AnswerBody {
  status: number;
  body: unknown;
}

export { RETRY_AFTER };
