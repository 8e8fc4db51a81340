import { hash } from '@node-rs/argon2';

/** OWASP's figures for argon2id, which is what this package hashes with by itself. 19 MiB. */
export const passwordHash = (password: string): Promise<string> =>
  hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
