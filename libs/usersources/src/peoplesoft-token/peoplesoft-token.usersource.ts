import { createHash, randomUUID } from 'node:crypto';
import { Refusal, type IdentityAssertion, type SignInAsk } from '@passbroker/model';
import { askPeoplesoft, type TokenService } from './ask-peoplesoft.js';
import { readNodePasswords } from './node-passwords.js';
import { peoplesoftTokenSettings, type PeoplesoftTokenSettings } from './peoplesoft-token.settings.js';
import { Profile, type Known } from './profile.js';
import { inTime, readPsToken, type PsToken, type TrustedNode } from './read-ps-token.js';
import type {
  Carried,
  Health,
  Hears,
  NextStep,
  ProbeAsk,
  Reply,
  Usersource,
  UsersourceTools,
  UsersourceType,
} from '../usersource.js';

export const peoplesoftToken: UsersourceType<PeoplesoftTokenSettings> = {
  type: 'peoplesoft-token',
  settings: peoplesoftTokenSettings,
  open: (settings, tools) => new PeoplesoftTokenUsersource(settings, tools),
};

/** Stands in `loginUrl` for where the page shall send people on to. */
const CALLBACK = '{callback}';
/** Refused by PeopleSoft without anybody being anybody: shows that it answers, and knows our account. */
const PROBE = 'no-token';

/**
 *   begin ── (a page of PeopleSoft that renews the cookie) ──► our callback, where the cookie is read:
 *   only ── inTime ── signature or PeopleSoft's own word ── admitted ── still in PeopleSoft's tables ──► who it is
 */
class PeoplesoftTokenUsersource implements Usersource {
  readonly hears: Hears;
  /** In `mac` mode without a profile there is nobody to ask. */
  readonly watched: boolean;
  private readonly nodes: TrustedNode[];
  private readonly profile: Profile | undefined;

  constructor(
    private readonly settings: PeoplesoftTokenSettings,
    private readonly tools: UsersourceTools,
  ) {
    const { profile, profilePassword } = settings;
    if (typeof profile === 'object' && profilePassword !== undefined) {
      this.profile = new Profile(profile, profilePassword, tools.mayReach);
    }
    this.watched = settings.mode === 'service' || this.profile !== undefined;
    this.hears = { cookies: [settings.cookieName] };
    const passwords = readNodePasswords(settings.nodePasswords ?? '');
    this.nodes = settings.trustedNodes.map((node) => ({ ...node, password: passwords.get(node.name) ?? '' }));
  }

  async begin(_transaction: string, ask: SignInAsk): Promise<NextStep> {
    const { loginUrl } = this.settings;
    // PeopleSoft sends one cookie all day; what is fresh is this walk, which can be walked once.
    const carry = { state: randomUUID(), ...(ask.forceFresh && { since: String(this.tools.now().getTime()) }) };
    const { callbackUrl } = this.tools;
    // A page of PeopleSoft's may show its own sign-in: not when nobody is to see anything.
    if (loginUrl === undefined || ask.silent) return { go: 'redirect', to: callbackUrl, carry };
    const to = new URL(loginUrl.replaceAll(CALLBACK, encodeURIComponent(callbackUrl.href)));
    return { go: 'redirect', to, carry };
  }

  async finish(reply: Reply, carried: Carried): Promise<IdentityAssertion> {
    const { state, since } = carried;
    if (state === undefined)
      throw new Refusal('upstream.untrusted', 'nobody in this browser was on their way to PeopleSoft');
    const cookie = this.only(reply.cookies?.[this.settings.cookieName] ?? []);
    const token = await this.believed(cookie);
    this.admitted(token.userId);
    if (since !== undefined && token.issuedAt.getTime() < Number(since) - this.settings.clockSkewSeconds * 1_000) {
      throw new Refusal('upstream.login_required', 'a fresh sign-in was asked for, and the token is an older one');
    }
    return this.assertionOf(token, state, await this.profile?.of(token.userId));
  }

  close(): void {
    this.profile?.close();
  }

  /** Two nodes that share a cookie domain send two tokens: whose is whose, nobody can tell. */
  private only(cookies: readonly string[]): string {
    const [cookie, second] = cookies;
    if (cookie === undefined || cookie === '') {
      throw new Refusal('upstream.login_required', 'the browser has no token of PeopleSoft’s');
    }
    if (second !== undefined) {
      throw new Refusal(
        'upstream.malformed',
        `${cookies.length} cookies ${this.settings.cookieName}: do two nodes share a domain?`,
      );
    }
    return cookie;
  }

  private async believed(cookie: string): Promise<PsToken> {
    const { mode, maxAgeMinutes, clockSkewSeconds, timeZone, byteOrder } = this.settings;
    const options = { maxAgeMinutes, clockSkewSeconds, timeZone, byteOrder };
    const now = this.tools.now();
    try {
      if (mode === 'mac') return readPsToken(cookie, this.nodes, now, options);
      return await this.asked(cookie, now, options);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code.startsWith('usersource.')) throw error;
      throw new Refusal(error.code, `${error.detail} (cookie ${fingerprint(cookie)})`, { cause: error });
    }
  }

  /** Form and age are looked at first, so that nobody makes us ask PeopleSoft about nonsense. */
  private async asked(cookie: string, now: Date, options: Parameters<typeof inTime>[2]): Promise<PsToken> {
    const loose = inTime(cookie, now, { ...options, maxAgeMinutes: 720 });
    const node = this.nodes.find(({ name }) => name === loose.node);
    if (!node) throw new Refusal('upstream.untrusted', 'the PeopleSoft token: its node is not trusted here');
    const token = inTime(cookie, now, { ...options, ...(node.maxAgeMinutes && { maxAgeMinutes: node.maxAgeMinutes }) });
    const user = await askPeoplesoft(this.service(), cookie, this.tools.fetch);
    if (user !== token.userId) {
      throw new Refusal('upstream.untrusted', 'PeopleSoft names another user than the token does');
    }
    return token;
  }

  private service(): TokenService {
    const { serviceUrl: url, serviceFormat: format, serviceUser: user, servicePassword: password } = this.settings;
    if (url === undefined || user === undefined || password === undefined) {
      throw new Refusal('usersource.misconfigured', 'service mode has nobody to ask');
    }
    return { url, format, user, password };
  }

  private admitted(userId: string): void {
    const { allowedUsers, denyUsers } = this.settings;
    // Their case may be another one where PeopleSoft folds it; whom to let in is said exactly.
    const denied = denyUsers.some((name) => name.toUpperCase() === userId.toUpperCase());
    if (denied || (allowedUsers && !allowedUsers.includes(userId))) {
      throw new Refusal('upstream.refused', `${userId} is not somebody to sign in as`);
    }
  }

  private assertionOf(token: PsToken, state: string, known: Known | undefined): IdentityAssertion {
    const { sharedUsers, emailDomain, singleUse } = this.settings;
    const { userId, language, node, issued, issuedAt, until, macSha1Hex } = token;
    return {
      usersource: this.tools.slug,
      // A node speaks for its own people: else the least of them could be anybody of all others.
      subject: sharedUsers ? userId : `${userId}@${node}`,
      claims: {
        name: userId,
        ...known?.claims,
        // The site's own word about addresses; its tables hold what people typed.
        ...(emailDomain !== undefined &&
          /^[\w.-]+$/.test(userId) && { email: `${userId.toLowerCase()}@${emailDomain}`, emailVerified: true }),
      },
      said: { ...known?.said, userId, node, language, issued },
      authenticatedAt: issuedAt,
      // Somebody signed in there, somehow: nothing is known of a second factor.
      methods: [],
      once: { key: singleUse ? macSha1Hex : `${macSha1Hex} ${state}`, until },
    };
  }

  async probe({ username }: ProbeAsk = {}): Promise<Health> {
    const said = this.settings.mode === 'mac' ? this.saidOfNodes() : await this.probeService();
    if (said.state === 'down' || !this.profile) return said;
    const { state, steps } = await this.profile.probe(username);
    return { state, steps: [...said.steps, ...steps] };
  }

  private saidOfNodes(): Health {
    const detail = `${this.nodes.length} node passwords are set; a sign-in will show whether they are right`;
    return { state: 'ok', steps: [{ step: 'node passwords', ok: true, detail }] };
  }

  private async probeService(): Promise<Health> {
    const step = 'PeopleSoft’s token service';
    try {
      const user = await askPeoplesoft(this.service(), PROBE, this.tools.fetch);
      return { state: 'down', steps: [{ step, ok: false, detail: `takes no token for ${user}’s: it does not check` }] };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const ok = error.code === 'upstream.untrusted';
      const detail = ok ? 'answers, and refuses what is no token' : error.detail;
      return { state: ok ? 'ok' : 'down', steps: [{ step, ok, detail }] };
    }
  }
}

/** To find a sign-in again in two logs; the cookie itself is a key to PeopleSoft. */
const fingerprint = (cookie: string): string => createHash('sha256').update(cookie).digest('hex').slice(0, 8);
