import { signatureChecker, type CheckSignature, type ServiceName, type ServicePublicKeys } from '@passbroker/platform';

/** Where the public keys of the services are known from: the catalog, handed in. */
export type KnownKeys = (service: ServiceName) => Promise<ServicePublicKeys | undefined>;

/**
 * Checks signatures with keys that are loaded ahead of time, because a check in the middle of a message must
 * not wait for a database. `refresh` is called at start and when a service's key changes.
 */
export class SignatureBook {
  private readonly checkers = new Map<ServiceName, (bytes: Buffer, signature: Buffer) => boolean>();

  constructor(private readonly keys: KnownKeys) {}

  async refresh(): Promise<void> {
    for (const service of ['gateway', 'minter', 'admin'] as const) {
      const known = await this.keys(service);
      if (known) this.checkers.set(service, signatureChecker(known));
      else this.checkers.delete(service);
    }
  }

  knows(service: ServiceName): boolean {
    return this.checkers.has(service);
  }

  /** A service nobody has heard of has signed nothing. */
  readonly check: CheckSignature = (from, bytes, signature) => this.checkers.get(from)?.(bytes, signature) ?? false;
}
