import type { Redis } from 'ioredis';
import type { Adapter, AdapterPayload } from 'oidc-provider';

/** Kept as a hash, so that `consumed` can be set beside the payload. */
const CONSUMABLE = new Set(['AuthorizationCode', 'RefreshToken', 'DeviceCode', 'BackchannelAuthenticationRequest']);
/** Listed under their grant, so that revoking it finds them. */
const GRANTABLE = new Set(['AccessToken', ...CONSUMABLE]);

/**
 * What oidc-provider's example Redis adapter does, in our words: a MULTI per write with its EXPIRE, its entry in the
 * grant's list and its second key by uid; a HSET to consume. 48 commands for a sign-in. It is what people start from.
 */
export class ExampleAdapter implements Adapter {
  readonly #redis: Redis;
  readonly #model: string;

  constructor(redis: Redis, model: string) {
    this.#redis = redis;
    this.#model = model;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const key = this.#key(id);
    const text = JSON.stringify(payload);
    const batch = this.#redis.multi();
    if (CONSUMABLE.has(this.#model)) batch.hset(key, { payload: text });
    else batch.set(key, text);
    if (expiresIn) batch.expire(key, expiresIn);

    const { grantId, uid, userCode } = payload;
    if (grantId && GRANTABLE.has(this.#model)) {
      const list = grantKey(grantId);
      batch.rpush(list, key);
      // The list lives as long as its longest member.
      if (expiresIn > (await this.#redis.ttl(list))) batch.expire(list, expiresIn);
    }
    if (userCode) batch.set(codeKey(userCode), id).expire(codeKey(userCode), expiresIn);
    if (uid) batch.set(uidKey(uid), id).expire(uidKey(uid), expiresIn);
    await batch.exec();
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    if (!CONSUMABLE.has(this.#model)) return parse(await this.#redis.get(this.#key(id)));
    const { payload, ...rest } = await this.#redis.hgetall(this.#key(id));
    const found = parse(payload);
    return found && { ...rest, ...found };
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const id = await this.#redis.get(uidKey(uid));
    return id === null ? undefined : this.find(id);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    const id = await this.#redis.get(codeKey(userCode));
    return id === null ? undefined : this.find(id);
  }

  async consume(id: string): Promise<void> {
    await this.#redis.hset(this.#key(id), 'consumed', Math.floor(Date.now() / 1000));
  }

  async destroy(id: string): Promise<void> {
    await this.#redis.del(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const members = await this.#redis.lrange(grantKey(grantId), 0, -1);
    const batch = this.#redis.multi();
    for (const member of members) batch.del(member);
    batch.del(grantKey(grantId));
    await batch.exec();
  }

  #key(id: string): string {
    return `oidc:${this.#model}:${id}`;
  }
}

const grantKey = (id: string): string => `oidc:grant:${id}`;
const uidKey = (uid: string): string => `oidc:uid:${uid}`;
const codeKey = (code: string): string => `oidc:userCode:${code}`;

const parse = (text: string | null | undefined): AdapterPayload | undefined =>
  typeof text === 'string' ? (JSON.parse(text) as AdapterPayload) : undefined;
