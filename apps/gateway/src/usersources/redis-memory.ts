import type { Redis } from '@passbroker/platform';
import type { SharedMemory } from '@passbroker/usersources';

/** What the replicas of a gateway remember of an upstream together. */
export class RedisMemory implements SharedMemory {
  constructor(
    private readonly redis: Redis,
    private readonly usersource: string,
  ) {}

  async read(name: string): Promise<string | undefined> {
    return (await this.redis.get(this.keyOf(name))) ?? undefined;
  }

  async write(name: string, value: string, seconds: number): Promise<void> {
    await this.redis.set(this.keyOf(name), value, 'EX', seconds);
  }

  async oncePer(name: string, seconds: number): Promise<boolean> {
    return (await this.redis.set(`${this.keyOf(name)}:once`, '1', 'EX', seconds, 'NX')) === 'OK';
  }

  private keyOf(name: string): string {
    return `memory:${this.usersource}:${name}`;
  }
}
