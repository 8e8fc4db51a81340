/** Hashes of the right form and any cost; the digest is nobody's. */
export const argon2id = ({ m = 19_456, t = 2, p = 1 }: { m?: number; t?: number; p?: number }): string =>
  `$argon2id$v=19$m=${m},t=${t},p=${p}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc`;

export const sha = (rounds: number): string => `$6$rounds=${rounds}$saltstring$${'a'.repeat(86)}`;
