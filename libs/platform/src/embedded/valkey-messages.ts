import { z } from 'zod';

export const fromParent = z.discriminatedUnion('order', [
  z.object({ order: z.literal('start'), port: z.number(), password: z.string().min(1), maxMemory: z.string() }),
  z.object({ order: z.literal('ping') }),
  z.object({ order: z.literal('stop') }),
]);
export type FromParent = z.infer<typeof fromParent>;

export const fromChild = z.union([
  z.object({ ready: z.number() }),
  z.object({ pong: z.literal(true) }),
  z.object({ log: z.string() }),
  z.object({ failed: z.string() }),
]);
export type FromChild = z.infer<typeof fromChild>;
