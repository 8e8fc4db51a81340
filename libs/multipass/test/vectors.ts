import { readFileSync } from 'node:fs';
import { z } from 'zod';

const claims = z.strictObject({
  uid: z.string(),
  email: z.string(),
  name: z.string(),
  to: z.string().optional(),
  expires: z.string().transform((text) => new Date(text)),
  custom: z.record(z.string(), z.string()),
});

const keyed = { siteKey: z.string(), apiKey: z.string() };

const vectors = z.object({
  desk: z.array(
    z.object({
      id: z.string(),
      client: z.string(),
      now: z.string().transform((text) => new Date(text)),
      ...keyed,
      query: z.string(),
      expect: z.union([
        z.strictObject({ claims }),
        z.strictObject({ refusal: z.string(), claimsIfUnsignedAllowed: claims.optional() }),
      ]),
    }),
  ),
  shopify: z.object({
    now: z.string().transform((text) => new Date(text)),
    secret: z.string(),
    token: z.string(),
    plaintext: z.string(),
  }),
  tender: z.object({ ...keyed, token: z.string(), plaintext: z.string() }),
});

/** Queries of real third-party clients: nothing in them was made by the code under test. */
export const VECTORS = vectors.parse(
  JSON.parse(readFileSync(new URL('./fixtures/vectors.json', import.meta.url), 'utf8')),
);

export function vector(id: string): (typeof VECTORS.desk)[number] {
  const found = VECTORS.desk.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`no vector ${id}`);
  return found;
}
