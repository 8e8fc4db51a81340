import type { AdminAddresses, RecoveryLinks } from '@passbroker/catalog';
import type { FakeCatalog } from './fake-catalog.js';

/** The table that the command on the host writes to. */
export class FakeRecoveryLinks implements Pick<RecoveryLinks, 'use'>, AdminAddresses {
  readonly links = new Map<string, { account: string; expiresAt: Date }>();

  constructor(private readonly catalog: FakeCatalog) {}

  async use(token: string, now: Date): Promise<string | undefined> {
    const found = this.links.get(token);
    this.links.delete(token);
    return found && found.expiresAt > now ? found.account : undefined;
  }

  async addresses(): Promise<string[]> {
    return [...this.catalog.accounts.values()]
      .filter(({ admin, disabled }) => admin && !disabled)
      .flatMap(({ emails }) => emails.flatMap(({ value, verified }) => (verified ? [value] : [])));
  }
}
