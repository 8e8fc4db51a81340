import { z } from 'zod';
import { Refusal } from '@passbroker/model';

/** Of a profile, as far as any provider has one. */
const MAX_CHARS = 262_144;

/**
 * JSON from a provider's API, with the person's access token.
 * @throws Refusal upstream.malformed, usersource.unreachable; never with a word of the body
 */
export async function readProfile<T>(
  fetchIt: typeof fetch,
  address: string,
  accessToken: string,
  schema: z.ZodType<T>,
): Promise<T> {
  const headers = { accept: 'application/json', authorization: `Bearer ${accessToken}`, 'user-agent': 'passbroker' };
  const answer = await fetchIt(address, { headers, redirect: 'manual' });
  const { host } = new URL(address);
  if (answer.status !== 200) throw new Refusal('usersource.unreachable', `${host} answered ${answer.status}`);
  const text = await answer.text();
  if (text.length > MAX_CHARS) throw new Refusal('upstream.malformed', `${host}: longer than any real profile`);
  const parsed = schema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  const what = parsed.error.issues.map((issue) => issue.path.join('.') || 'profile').join(', ');
  throw new Refusal('upstream.malformed', `${host}: the profile does not fit: ${what}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A number that never changes and is never given to somebody else, as text: JSON numbers lose digits. */
export const numericId = z
  .union([z.int().positive(), z.string().regex(/^[1-9]\d{0,39}$/)])
  .transform((id) => String(id));
