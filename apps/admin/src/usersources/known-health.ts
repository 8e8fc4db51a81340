import { z } from 'zod';

const shape = z.object({ state: z.enum(['ok', 'down']), since: z.string(), at: z.string(), detail: z.string() });
export type KnownHealth = z.infer<typeof shape>;

/** As a gateway leaves it in Redis. What cannot be read, or is not there any more, is not known. */
export async function readHealth(
  redis: { get(key: string): Promise<string | null> },
  usersource: string,
): Promise<KnownHealth | undefined> {
  try {
    return shape.safeParse(JSON.parse((await redis.get(`usersource-health:${usersource}`)) ?? 'null')).data;
  } catch {
    return undefined;
  }
}
