import { verify } from '@node-rs/argon2';
import { count, UnreadableHash, type ReadHash } from './stored-hash.js';

/** A hash string names its own cost: `m=4194304` would take 4 GB for every try (SQL-011). */
const MOST = { kibibytes: 262_144, passes: 20, lanes: 16, work: 1_048_576 };
const LEAST_KIBIBYTES = 7_168; // OWASP's smallest choice.

const SHAPE =
  /^\$(argon2(?:id|i|d))(?:\$v=(16|19))?\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]{11,172})\$([A-Za-z0-9+/]{16,172})$/;

/** PHC strings, as every argon2 library writes them (RFC 9106, github.com/P-H-C/phc-string-format). */
export const argon2: ReadHash = (encoded) => {
  if (!encoded.startsWith('$argon2')) return undefined;
  const [, scheme = '', , m, t, p] = SHAPE.exec(encoded) ?? [];
  if (scheme === '') throw new UnreadableHash('an argon2 hash that is not written as one');
  const memory = count(m, 'argon2 memory (KiB)', MOST.kibibytes);
  const passes = count(t, 'argon2 passes', MOST.passes);
  count(p, 'argon2 lanes', MOST.lanes);
  count(String(memory * passes), 'argon2 memory times passes', MOST.work);
  return { scheme, weak: memory < LEAST_KIBIBYTES, verify: (password) => verify(encoded, password) };
};
