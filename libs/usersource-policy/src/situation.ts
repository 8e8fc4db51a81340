import type { Audience, Surface } from '@passbroker/model';
import { readPath, type Route } from './paths.js';
import { brandOf, NO_BRAND, type PreparedAudience, type PreparedBrand, type Source } from './prepare.js';
import { withDefaults } from './defaults.js';
import type { DecisionInput, FullInput, PolicyConfig, SessionInput } from './types.js';

export type Guard = 'error' | 'signed_out' | 'loop';

const HOPS_BEFORE_A_LOOP = 3;
/** Length of the admin session that a recovery link opens. */
const RECOVERY_SEC = 900;

/** What two rules of the table change about a request before it goes on down. */
interface Turn {
  session: SessionInput | null;
  reauth: boolean;
  surface: Surface;
}

/**
 * One request seen against its brand: the "derived" lines of the specification, each by its name there.
 * Immutable; a rule that changes the picture (a session that does not count) makes a new one.
 */
export class Situation {
  readonly input: Readonly<FullInput>;
  readonly route: Route;
  readonly brandIsOpen: boolean;
  readonly brand: PreparedBrand;
  readonly session: SessionInput | null;
  /** Somebody is signed in, but must prove it again. */
  readonly reauth: boolean;
  readonly surface: Surface;
  readonly audience: Audience;
  readonly its: PreparedAudience;

  #mode: 'none' | 'background' | 'automatic' | undefined;
  #permitted: boolean | undefined;

  constructor(
    readonly config: PolicyConfig,
    input: DecisionInput,
    turn?: Turn,
  ) {
    this.input = withDefaults(input);
    this.route = readPath(this.input.path);
    const brand = brandOf(config, this.input.brand);
    this.brandIsOpen = brand?.enabled ?? false;
    this.brand = brand ?? NO_BRAND;
    this.session = turn ? turn.session : this.input.session;
    this.reauth = turn?.reauth ?? false;
    this.surface = turn?.surface ?? this.#askedSurface();
    this.audience = audienceOf(this.surface);
    this.its = this.brand.audiences[this.audience];
  }

  withoutSession(): Situation {
    return new Situation(this.config, this.input, { session: null, reauth: false, surface: this.surface });
  }

  /** An agent who must prove themselves on the portal does so by the agents' sources, never as a user (I4). */
  reauthenticating(): Situation {
    const surface = this.session?.audience === 'agents' && this.surface === 'portal' ? 'agent' : this.surface;
    return new Situation(this.config, this.input, { session: this.session, reauth: true, surface });
  }

  /** The enabled source of this audience with an SSO mode, whether or not it is in force here. */
  get sso(): Source | null {
    return this.its.sso;
  }

  get mode(): 'none' | 'background' | 'automatic' {
    this.#mode ??= this.sso?.networks.includes(this.input.ip) ? this.sso.sso : 'none';
    return this.#mode;
  }

  get automatic(): boolean {
    return this.mode === 'automatic';
  }

  get permitted(): boolean {
    this.#permitted ??= this.#permittedSurface && this.brand.bypass.networks.includes(this.input.ip);
    return this.#permitted;
  }

  get asked(): boolean {
    return this.input.bypass === 'sso_off' || this.input.idpHint === '';
  }

  /** Asked, and it counts: declining SSO is a privilege under automatic only. */
  get declined(): boolean {
    return this.asked && (!this.automatic || this.permitted);
  }

  get bypassed(): boolean {
    return this.asked && this.permitted;
  }

  get guard(): Guard | null {
    if (this.input.lastError !== null) return 'error';
    if (this.input.justLoggedOut) return 'signed_out';
    // Written so that a count that is no number stops too.
    return this.input.hops < HOPS_BEFORE_A_LOOP ? null : 'loop';
  }

  get wantsLogin(): boolean {
    return (
      this.route.login ||
      this.route.authorize ||
      this.input.client !== null ||
      this.surface !== 'portal' ||
      !this.brand.guestAccess
    );
  }

  get exclusive(): boolean {
    return this.automatic && this.its.policy.automaticScope === 'exclusive';
  }

  get unrestricted(): boolean {
    return !this.exclusive || this.bypassed;
  }

  /** The page of a password session that must prove itself again keeps its form where the bypass is allowed. */
  get showsFullPage(): boolean {
    return this.unrestricted || (this.passwordAgain && this.permitted);
  }

  get passwordAgain(): boolean {
    return this.reauth && (this.sessionSource?.can.password ?? false);
  }

  get networkDenied(): boolean {
    return (
      this.sso?.sso === 'automatic' && this.mode === 'none' && this.its.policy.offNetwork === 'deny' && !this.bypassed
    );
  }

  /** The source that this request may be sent to now, one at a time: no other under exclusive SSO. */
  mayUse(source: Source): boolean {
    return source.enabled && source.audience === this.audience && source.can.redirect && this.notExcluded(source);
  }

  notExcluded(source: Source): boolean {
    return !this.exclusive || source.id === this.sso?.id;
  }

  /** The one enabled source that claims the hinted address's domain (I8: exact, or nobody). */
  get claimant(): Source | null {
    if (this.its.policy.hrd !== 'route' || this.declined || this.input.loginHint === null) return null;
    const [local, domain, ...more] = this.input.loginHint.split('@');
    if (!local || !domain || more.length > 0) return null;
    const source = this.its.byDomain.get(domain.toLowerCase());
    return source && this.notExcluded(source) ? source : null;
  }

  /** The password source that alone is on the form, because the hinted address is its own (I19). */
  get formOwner(): Source | null {
    const source = this.wantsLogin && !this.automatic ? this.claimant : null;
    return source?.can.password ? source : null;
  }

  /** The session's own source, where this brand has it. */
  get sessionSource(): Source | null {
    if (!this.session || this.session.brand !== this.input.brand) return null;
    return this.brand.byId.get(this.session.usersource) ?? null;
  }

  /** The session's own source wherever it was made: what a logout may have to tell. */
  get endingSource(): Source | null {
    const session = this.session;
    if (!session) return null;
    const source = brandOf(this.config, session.brand)?.byId.get(session.usersource);
    return source?.audience === session.audience ? source : null;
  }

  get sessionStands(): boolean {
    const session = this.session;
    if (!session) return false;
    if (session.audience === 'users' && session.brand !== this.input.brand) return false;
    if (session.audience !== 'agents' && this.audience === 'agents') return false;
    const policy = this.brand.audiences[session.audience === 'agents' ? 'agents' : 'users'].policy;
    // Written so that an age that is no number ends the session.
    if (!(session.idleSec < policy.idleSec && session.ageSec < policy.absoluteSec)) return false;
    if (session.recovery) return this.surface === 'admin' && session.ageSec < RECOVERY_SEC;
    if (session.impersonated) return session.audience === 'users';
    return this.#sourceStillStands(session);
  }

  get freshEnough(): boolean {
    if (!this.session || this.input.prompt === 'login') return false;
    return this.input.maxAge === null || this.session.authAgeSec <= this.input.maxAge;
  }

  /** I12, and I4: a session of a source that is gone, off, or for other people is no session. */
  #sourceStillStands(session: SessionInput): boolean {
    const home = brandOf(this.config, session.brand);
    const source = home?.enabled ? home.byId.get(session.usersource) : undefined;
    return source?.enabled === true && source.audience === session.audience;
  }

  #askedSurface(): Surface {
    if (this.route.start !== null)
      return this.brand.byId.get(this.route.start)?.audience === 'agents' ? 'agent' : 'portal';
    if (this.route.surface === 'portal' && this.input.client?.audience === 'agents') return 'agent';
    return this.route.surface;
  }

  // A click on an agents' source does not say which of their two pages it was on: either's permission will do.
  get #permittedSurface(): boolean {
    const { surfaces } = this.brand.bypass;
    if (this.route.start !== null && this.surface === 'agent' && surfaces.includes('admin')) return true;
    return surfaces.includes(this.surface);
  }
}

export function audienceOf(surface: Surface): Audience {
  return surface === 'portal' ? 'users' : 'agents';
}
