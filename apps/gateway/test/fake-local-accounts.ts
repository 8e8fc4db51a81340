import type { LocalAccounts } from '@passbroker/catalog';
import type { FakeCatalog } from './fake-catalog.js';

/** The built-in accounts of the catalog in memory. */
export class FakeLocalAccounts implements LocalAccounts {
  constructor(private readonly catalog: FakeCatalog) {}

  async hashOf(account: string) {
    return this.catalog.hashes.get(account);
  }

  async register({ name, email }: { name: string; email: string }, hash: string) {
    if ((await this.catalog.byEmail(email)) ?? (await this.catalog.byUsername(email))) return undefined;
    const id = `acc_registered_${this.catalog.accounts.size}`;
    return this.catalog.addAccount(id, { name, emails: [{ value: email, verified: true }] }, hash);
  }

  async changePassword(account: string, { from, to }: { from: string; to: string }) {
    if (this.catalog.hashes.get(account) !== from) return false;
    this.catalog.hashes.set(account, to);
    return true;
  }
}
