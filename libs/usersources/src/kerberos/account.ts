import { Refusal, type IdentityAssertion } from '@passbroker/model';
import { Directory } from '../directory/directory.js';
import { Domain } from '../directory/domain.js';
import type { ProbeAsk, UsersourceTools } from '../usersource.js';
import type { KerberosSettings } from './kerberos.settings.js';

/**
 * A ticket works for ten hours, whatever becomes of its account meanwhile; so the domain is asked who it is, and whether
 * they may come in, each time. What it says of them is better than what the ticket says, too: an identity that outlives
 * a change of name, and groups that are not the word of whoever holds a keytab (KRB-008).
 */
export class DomainAccount {
  private readonly directory: Directory;

  constructor(
    settings: NonNullable<KerberosSettings['directory']>,
    password: string,
    private readonly realm: string,
    tools: UsersourceTools,
  ) {
    const { bindName, ...rest } = settings;
    // Nobody types a password here: there is nothing to count.
    const whole = { ...rest, bindPassword: password, lockoutThreshold: 0, lockoutWindowMin: 30 };
    const domain = new Domain({ ...rest, loginByMail: false }, () => tools.now());
    this.directory = new Directory(whole, { dn: bindName, password }, domain, tools);
  }

  /**
   * Looked for as account name and as UPN at once: whoever may write a UPN could otherwise give their own account
   * somebody else's name, and get a ticket in it. Two that have it are nobody.
   * @throws Refusal upstream.refused, account.disabled, usersource.unreachable, usersource.misconfigured
   */
  async of(name: string, methods: string[]): Promise<IdentityAssertion> {
    try {
      return await this.directory.recognise(`${name}@${this.realm}`, methods);
    } catch (error) {
      // They typed nothing: words about a password would send them looking for one.
      if (!(error instanceof Refusal) || !error.code.startsWith('password.')) throw error;
      throw new Refusal('upstream.refused', `the domain about the ticket’s name: ${error.detail}`, { cause: error });
    }
  }

  close(): void {
    this.directory.close();
  }

  probe(ask?: ProbeAsk): ReturnType<Directory['probe']> {
    return this.directory.probe(ask);
  }
}
