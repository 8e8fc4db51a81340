import { Refusal, type IdentityAssertion, type SignInAsk } from '@passbroker/model';
import { DomainAccount } from './account.js';
import { Gss } from './gss.js';
import { kerberosSettings, type KerberosSettings } from './kerberos.settings.js';
import { checkKeytab } from './keytab-file.js';
import { readNegotiation } from './negotiation.js';
import { personIn } from './principal.js';
import type {
  Carried,
  Health,
  NextStep,
  ProbeAsk,
  Reply,
  Usersource,
  UsersourceTools,
  UsersourceType,
} from '../usersource.js';

export const kerberos: UsersourceType<KerberosSettings> = {
  type: 'kerberos',
  settings: kerberosSettings,
  open: (settings, tools) => new KerberosUsersource(settings, tools),
};

/** RFC 8176: integrated authentication, which is what a ticket is. */
const METHODS = ['wia'];
/** The library takes clocks that differ by five minutes either way; replicas' clocks differ from each other a little. */
const REMEMBERED_MS = 15 * 60_000;

/**
 *   begin ──► our callback, which answers 401 Negotiate ──► the browser comes back with a ticket, or reads the page
 *   finish: read ── for us? ── accepted by GSS-API ── a person of our realm ──► who it is
 */
class KerberosUsersource implements Usersource {
  readonly hears = { authorization: true };
  /** Whether the keytab is in order and the domain answers is worth knowing before anybody comes. */
  readonly watched = true;
  private readonly gss: Gss;
  private readonly account: DomainAccount | undefined;

  constructor(
    private readonly settings: KerberosSettings,
    private readonly tools: UsersourceTools,
  ) {
    const { keytab, servicePrincipal, realm, directory, directoryPassword } = settings;
    if (directory && directoryPassword !== undefined) {
      this.account = new DomainAccount(directory, directoryPassword, realm, tools);
    }
    this.gss = new Gss({ keytab, host: servicePrincipal.slice('HTTP/'.length) });
  }

  async begin(_transaction: string, ask: SignInAsk): Promise<NextStep> {
    const carry = { asked: 'yes', ...(ask.forceFresh && { fresh: 'yes' }) };
    return { go: 'redirect', to: this.tools.callbackUrl, carry };
  }

  async finish(reply: Reply, carried: Carried): Promise<IdentityAssertion> {
    if (carried['asked'] !== 'yes') {
      throw new Refusal('upstream.untrusted', 'nobody in this browser was on their way to sign in');
    }
    // The computer answers by itself, whoever sits there: to prove that it is you takes a password.
    if (carried['fresh'] === 'yes') {
      throw new Refusal('upstream.login_required', 'a ticket cannot show that somebody is there now');
    }
    const asked = readNegotiation(reply.authorization);
    this.forUs(asked);
    await checkKeytab(this.settings.keytab);
    const { principal, target, response } = await this.gss.accept(asked.token);
    this.forUs(splitTarget(target));
    const name = personIn(this.settings.realm, principal);
    const assertion = this.account ? await this.account.of(name, METHODS) : this.ofTicketAlone(name, principal);
    return {
      ...assertion,
      once: { key: asked.fingerprint, until: new Date(this.tools.now().getTime() + REMEMBERED_MS) },
      ...(response !== null && { answer: `Negotiate ${response}` }),
    };
  }

  /** Said first of what stands in clear, so that an admin reads more than "no key", and then of the key that fitted. */
  private forUs({ realm, service }: { realm: string; service: string }): void {
    const { servicePrincipal, realm: ours } = this.settings;
    if (service.toLowerCase() !== servicePrincipal.toLowerCase() || realm !== ours) {
      throw new Refusal('upstream.untrusted', `the ticket is for another service than ${servicePrincipal}@${ours}`);
    }
  }

  private ofTicketAlone(name: string, principal: string): IdentityAssertion {
    const { emailDomain, realm } = this.settings;
    return {
      usersource: this.tools.slug,
      // Principals are compared as the realm writes them; the realm is part of who it is (KRB-004).
      subject: principal,
      claims: {
        name,
        ...(emailDomain !== undefined &&
          /^[\w.-]+$/.test(name) && { email: `${name.toLowerCase()}@${emailDomain}`, emailVerified: true }),
      },
      // No groups: those of the ticket are the word of whoever holds the keytab (KRB-008).
      said: { principal, name, realm },
      authenticatedAt: this.tools.now(),
      methods: METHODS,
    };
  }

  close(): void {
    this.account?.close();
  }

  async probe(ask?: ProbeAsk): Promise<Health> {
    const { keytab, servicePrincipal } = this.settings;
    const steps: Health['steps'] = [];
    const tried = async (step: string, what: () => Promise<void>, well: string): Promise<boolean> => {
      try {
        await what();
        steps.push({ step, ok: true, detail: well });
        return true;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        steps.push({ step, ok: false, detail: error.detail });
        return false;
      }
    };
    const ok =
      (await tried('keytab', () => checkKeytab(keytab), `${keytab} is there, and closed to others`)) &&
      (await tried('key', () => this.gss.ready(), `it has a key for ${servicePrincipal}`));
    const domain = ok ? await this.account?.probe(ask) : undefined;
    steps.push(...(domain?.steps ?? []));
    return { state: ok && domain?.state !== 'down' ? 'ok' : 'down', steps };
  }
}

/** `HTTP/sso.acme.test@ACME.TEST` */
function splitTarget(target: string | null): { realm: string; service: string } {
  const cut = target?.lastIndexOf('@') ?? -1;
  return { realm: target?.slice(cut + 1) ?? '', service: target?.slice(0, Math.max(cut, 0)) ?? '' };
}
