import { hash } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { RedisScript, type Redis } from '@passbroker/platform';
import { unavailable } from './oidc.errors.js';

/** A session, the way to it from tokens that know only its `uid`, and from the gateway's session that it stands on. */
const KEEP_SESSION = `
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('SET', KEYS[2], KEYS[1], 'EX', ARGV[2])
if KEYS[3] then redis.call('SET', KEYS[3], KEYS[1], 'EX', ARGV[2]) end
return 1`;

/**
 * Out of its browser's reach at once, and kept in the place of its address until its applications have been told: by
 * then the same person may have signed in again there. Only when it is (still) this account's.
 */
const TAKE_SESSION = `
local at = redis.call('GET', KEYS[1])
if not at or string.sub(at, 1, 1) == '{' then return at end
local text = redis.call('GET', at)
if not text or cjson.decode(text).accountId ~= ARGV[1] then return false end
redis.call('SET', KEYS[1], text, 'KEEPTTL')
redis.call('DEL', at)
return text`;

const FIND_SESSION = `
local key = redis.call('GET', KEYS[1])
if not key then return false end
return redis.call('GET', key)`;

/**
 * Uses a code or a refresh token up, atomically: 1 for the first, the grant for everybody after. What stays
 * until the record expires is just enough to recognise a second use and whom it betrays.
 */
const CONSUME = `
local text = redis.call('GET', KEYS[1])
if not text then return false end
local record = cjson.decode(text)
if record.consumed then return record.grantId or '' end
local kept = { consumed = tonumber(ARGV[1]) }
for _, name in ipairs({ 'kind', 'iat', 'exp', 'clientId', 'accountId', 'grantId', 'scope', 'jkt', 'codeChallenge', 'codeChallengeMethod', 'redirectUri', 'request' }) do
  kept[name] = record[name]
end
redis.call('SET', KEYS[1], cjson.encode(kept), 'KEEPTTL')
return 1`;

const SCRIPTS = {
  keepSession: new RedisScript(KEEP_SESSION),
  findSession: new RedisScript(FIND_SESSION),
  takeSession: new RedisScript(TAKE_SESSION),
  consume: new RedisScript(CONSUME),
};

/**
 * oidc-provider's records in Redis: one command per call. Ids are bearer secrets (codes, tokens, cookies), so
 * keys carry only their SHA-256 and records not even that: who reads a dump of Redis can replay nothing.
 *
 * There is no index from a grant to its tokens. Every use of a token asks for its grant, so a grant that is
 * gone takes all of them with it, and writing a token stays a single SET.
 */
export class OidcStorage {
  private readonly writes = new WeakMap<object, Promise<void>[]>();

  /**
   * @param request the one that is being answered, if any; the provider knows it
   * @param standsOn handle of the gateway's session that this request brought the word of, if any
   */
  constructor(
    private readonly redis: Redis,
    private readonly brand: string,
    private readonly request: () => object | undefined = () => undefined,
    private readonly standsOn: () => string | undefined = () => undefined,
  ) {}

  /**
   * All that was written for this request, before its answer leaves: the provider saves one thing after the other,
   * and each would cost a round trip. On our one connection the writes keep their order, reads between them included.
   * @throws what the first failed write threw
   */
  async written(request: object): Promise<void> {
    await Promise.all(this.writes.get(request) ?? []);
  }

  adapter(model: string): Adapter {
    const key = (id: string): string => this.key(model, id);
    return {
      upsert: async (id, payload, expiresIn) => {
        const text = withoutId(payload);
        const seconds = Math.max(1, Math.ceil(expiresIn || 1));
        if (model === 'Session' && payload.uid !== undefined) {
          const gatewaySession = this.standsOn();
          const keys = [key(id), this.key('SessionUid', payload.uid)];
          if (gatewaySession !== undefined) keys.push(this.key('SessionOf', gatewaySession));
          await this.write(() => this.run(SCRIPTS.keepSession, keys, [text, seconds]));
        } else {
          await this.write(() => this.guarded(() => this.redis.set(key(id), text, 'EX', seconds)));
        }
      },
      find: async (id) => {
        // An interaction is taken up again exactly once.
        const text = await this.guarded(() =>
          model === 'Interaction' ? this.redis.getdel(key(id)) : this.redis.get(key(id)),
        );
        return text === null ? undefined : { ...parsed(text), jti: id };
      },
      // The session as a token's anchor: its cookie's value is not known here, and nobody needs it.
      findByUid: async (uid) => {
        const text = await this.run(SCRIPTS.findSession, [this.key('SessionUid', uid)], []);
        return typeof text === 'string' ? parsed(text) : undefined;
      },
      findByUserCode: () => Promise.resolve(undefined),
      consume: async (id) => this.consume(model, key(id)),
      destroy: async (id) => {
        if (model !== 'Interaction') await this.guarded(() => this.redis.del(key(id)));
      },
      revokeByGrantId: () => Promise.resolve(undefined),
    };
  }

  /** Ends the session that stands on one of the gateway's. The same answer until it is forgotten. */
  async take(gatewaySession: string, account: string): Promise<AdapterPayload | undefined> {
    const text = await this.run(SCRIPTS.takeSession, [this.key('SessionOf', gatewaySession)], [account]);
    return typeof text === 'string' ? parsed(text) : undefined;
  }

  async forget(gatewaySession: string): Promise<void> {
    await this.guarded(() => this.redis.del(this.key('SessionOf', gatewaySession)));
  }

  /** Whether this message was never seen before; one atomic command (DPoP proofs, client assertions). */
  async firstUse(issuer: string, id: string, seconds: number): Promise<boolean> {
    const key = this.key('Replay', `${issuer}\n${id}`);
    return (await this.guarded(() => this.redis.set(key, '1', 'EX', Math.max(1, seconds), 'NX'))) === 'OK';
  }

  private async write(work: () => Promise<unknown>): Promise<void> {
    const writing = work().then(() => undefined);
    const request = this.request();
    if (!request) return writing;
    // Heard by whoever waits for the request's writes; when the request failed before, by nobody.
    writing.catch(() => undefined);
    const writes = this.writes.get(request);
    if (writes) writes.push(writing);
    else this.writes.set(request, [writing]);
  }

  private async consume(model: string, key: string): Promise<void> {
    const answer = await this.run(SCRIPTS.consume, [key], [Math.floor(Date.now() / 1_000)]);
    if (answer === 1) return;
    if (model === 'PushedAuthorizationRequest') throw new errors.InvalidRequestUri('request_uri was already used');
    // Two at once: somebody holds a copy. Nobody keeps what came of it (RFC 9700, 4.14).
    if (typeof answer === 'string' && answer !== '') {
      await this.guarded(() => this.redis.del(this.key('Grant', answer)));
    }
    throw new errors.InvalidGrant('already used');
  }

  private key(model: string, id: string): string {
    return `oidc:${this.brand}:${model}:${hash('sha256', id, 'base64url')}`;
  }

  private run(which: RedisScript, keys: string[], args: (string | number)[]): Promise<unknown> {
    return this.guarded(() => which.run(this.redis, keys, args));
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw unavailable(cause);
    }
  }
}

/** A copy with a hole costs a tenth of a copy with one member less. */
const withoutId = (payload: AdapterPayload): string => JSON.stringify({ ...payload, jti: undefined });

/** Written by this class alone, so that its shape is oidc-provider's own affair; it checks kind and expiry itself. */
function parsed(text: string): AdapterPayload {
  return JSON.parse(text) as AdapterPayload;
}
