import type { Redis } from '@passbroker/platform';
import { openUnder, sealUnder } from '@passbroker/sign-in';
import type { SharedMemory } from '@passbroker/usersources';

/**
 * What the replicas of a gateway remember of an upstream together. Sealed under its own name: whoever can write to
 * Redis cannot give a usersource other keys to trust, nor those of another.
 */
export class RedisMemory implements SharedMemory {
  constructor(
    private readonly redis: Redis,
    private readonly usersource: string,
    /** Known to gateways alone. */
    private readonly secret: string,
  ) {}

  async read(name: string): Promise<string | undefined> {
    const kept = await this.redis.get(this.keyOf(name));
    return kept === null ? undefined : openUnder(this.secretOf(name), kept);
  }

  async write(name: string, value: string, seconds: number): Promise<void> {
    await this.redis.set(this.keyOf(name), sealUnder(this.secretOf(name), value), 'EX', seconds);
  }

  async oncePer(name: string, seconds: number): Promise<boolean> {
    return (await this.redis.set(`${this.keyOf(name)}:once`, '1', 'EX', seconds, 'NX')) === 'OK';
  }

  private secretOf(name: string): string {
    return `${this.secret}\0${this.usersource}\0${name}`;
  }

  private keyOf(name: string): string {
    return `memory:${this.usersource}:${name}`;
  }
}
