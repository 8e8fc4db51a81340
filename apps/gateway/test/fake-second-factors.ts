import type { Passkey, SecondFactorStore, Totp } from '@passbroker/catalog';

/** Second factors in memory; the promises of the real store about "once" hold because nothing here waits. */
export class FakeSecondFactors implements SecondFactorStore {
  readonly totps = new Map<string, Totp & { step: number }>();
  readonly keys = new Map<string, Passkey>();
  readonly codes = new Map<string, Set<string>>();

  async has(account: string, rpId: string): Promise<boolean> {
    return this.totps.has(account) || (await this.passkeys(account)).some((one) => one.rpId === rpId);
  }
  async totp(account: string) {
    return this.totps.get(account);
  }
  async setTotp(account: string, sealed: string, step: number, at: Date): Promise<void> {
    const last = this.totps.get(account)?.step ?? step;
    this.totps.set(account, { sealed, step: Math.max(step, last), createdAt: at });
  }
  async claimStep(account: string, step: number): Promise<boolean> {
    const kept = this.totps.get(account);
    if (!kept || kept.step >= step) return false;
    kept.step = step;
    return true;
  }
  async passkeys(account: string): Promise<Passkey[]> {
    return [...this.keys.values()].filter((one) => one.account === account);
  }
  async passkey(id: string) {
    return this.keys.get(id);
  }
  async addPasskey(passkey: Omit<Passkey, 'lastUsedAt'>): Promise<boolean> {
    if (this.keys.has(passkey.id)) return false;
    this.keys.set(passkey.id, { ...passkey, lastUsedAt: null });
    return true;
  }
  async passkeyUsed(id: string, counter: number, at: Date): Promise<boolean> {
    const kept = this.keys.get(id);
    if (!kept || (counter <= kept.counter && !(counter === 0 && kept.counter === 0))) return false;
    this.keys.set(id, { ...kept, counter, lastUsedAt: at });
    return true;
  }
  async removeTotp(account: string): Promise<void> {
    this.totps.delete(account);
    await this.forgetCodes(account);
  }
  async removePasskey(account: string, id: string): Promise<void> {
    if (this.keys.get(id)?.account === account) this.keys.delete(id);
    await this.forgetCodes(account);
  }
  async replaceRecoveryCodes(account: string, hashes: readonly string[]): Promise<void> {
    this.codes.set(account, new Set(hashes));
  }
  async claimRecoveryCode(account: string, hash: string): Promise<boolean> {
    return this.codes.get(account)?.delete(hash) ?? false;
  }
  async recoveryCodesLeft(account: string): Promise<number> {
    return this.codes.get(account)?.size ?? 0;
  }

  forget(): void {
    for (const one of [this.totps, this.keys, this.codes]) one.clear();
  }

  private async forgetCodes(account: string): Promise<void> {
    if (!this.totps.has(account) && (await this.passkeys(account)).length === 0) this.codes.delete(account);
  }
}
