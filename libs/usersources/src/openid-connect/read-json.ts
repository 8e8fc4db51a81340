import { Refusal } from '@passbroker/model';

/** Far more than any discovery document or key set has. */
const MAX_CHARS = 262_144;

/**
 * JSON from an upstream's address. A redirect is an answer that is not JSON, never a way to somewhere else.
 * @throws Refusal usersource.unreachable, upstream.malformed; never with a word of the body (SSRF-007)
 */
export async function readJson(fetchIt: typeof fetch, address: string): Promise<unknown> {
  let answer: Response;
  let text: string;
  try {
    answer = await fetchIt(address, { headers: { accept: 'application/json' }, redirect: 'manual' });
    text = await answer.text();
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw new Refusal('usersource.unreachable', `${new URL(address).host} did not answer`, { cause });
  }
  if (answer.status !== 200) {
    throw new Refusal('usersource.unreachable', `${new URL(address).host} answered ${answer.status}`);
  }
  if (text.length > MAX_CHARS) throw new Refusal('upstream.malformed', 'the answer is longer than any real one');
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('upstream.malformed', `${new URL(address).host} did not answer with JSON`);
  }
}
