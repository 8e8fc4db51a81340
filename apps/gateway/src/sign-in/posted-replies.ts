import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import type { Redis } from '@passbroker/platform';
import { openUnder, sealUnder } from '@passbroker/sign-in';
import type { RawReply } from './reply.js';

/** Longer than the slowest redirect; what a message may do is bounded by the message itself. */
const SECONDS = 120;

/** The longest signed and encrypted SAML response we would read. */
export const MAX_POSTED_BYTES = 131_072;

const postedShape = z.object({ query: z.string(), fields: z.record(z.string(), z.string()) });

/**
 * A post from another site comes without our cookies, so the walk it belongs to cannot be found. It waits here
 * while the browser is sent to the same door once more, which is then a navigation of our own. Not taken away when
 * read: a browser that asks twice is given its own first result, and the message can be used once whoever brings it.
 */
export class PostedReplies {
  constructor(private readonly redis: Redis) {}

  /** @param query of the address it was posted to */
  async keep(usersource: string, query: string, fields: Readonly<Record<string, string>>): Promise<string> {
    const text = JSON.stringify({ query, fields });
    if (Buffer.byteLength(text) > MAX_POSTED_BYTES) {
      throw new Refusal('request.too_large', 'longer than any real sign-in message');
    }
    const id = randomBytes(18).toString('base64url');
    await this.redis.set(keyOf(usersource, id), sealUnder(id, text), 'EX', SECONDS);
    return id;
  }

  /** @throws Refusal request.malformed when it was never posted, or too long ago */
  async find(usersource: string, id: string): Promise<RawReply> {
    const kept = /^[\w-]{24}$/.test(id) ? await this.redis.get(keyOf(usersource, id)) : null;
    const text = kept === null ? undefined : openUnder(id, kept);
    if (text === undefined) throw new Refusal('request.malformed', 'a posted message that is not here, or no longer');
    const { query, fields } = postedShape.parse(JSON.parse(text));
    const form = new URLSearchParams(fields).toString();
    return { method: 'POST', rawQuery: query === '' ? form : `${query}&${form}`, fields };
  }
}

/** Whoever reads Redis finds neither the address that opens a message nor the message. */
const keyOf = (usersource: string, id: string): string =>
  `posted:${usersource}:${createHash('sha256').update(id).digest('base64url')}`;
