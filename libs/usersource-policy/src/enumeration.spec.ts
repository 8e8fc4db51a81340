import { configs, inputAt, pointAt, POINTS } from '../test/enumeration.js';
import { deepFreeze } from '../test/cases.js';
import { decideWith } from './decide.js';
import { RULES } from './rules/index.js';
import { decide, REASONS, surfaceOf, type Decision, type DecisionInput, type PolicyConfig } from './index.js';

/** Inputs over all configurations; the stride below is prime to every axis, so each value meets each. */
const BUDGET = 400_000;
/** Each round looks at other points of the grid; `node bin/policy.mjs --rounds N` asks for more than one. */
const ROUNDS = Array.from({ length: Number(process.env['POLICY_ROUNDS'] ?? 1) }, (_, round) => round);
const CLICK = new Set(['user.choice']);

interface Seen {
  config: PolicyConfig;
  input: DecisionInput;
  decision: Decision;
}

describe.each(ROUNDS)('every decision over the input axes, round %i', (round) => {
  let visited: Seen[] = [];
  beforeAll(() => {
    visited = [...visit(round)];
  });
  afterAll(() => {
    visited = [];
  });

  /** One assertion for hundreds of thousands of inputs: the first few that break the law, in full. */
  function holds(law: (seen: Seen) => boolean): void {
    expect(
      visited
        .filter((seen) => !law(seen))
        .slice(0, 3)
        .map(({ input, decision }) => ({ input, decision })),
    ).toEqual([]);
  }

  it('visits enough to mean something', () => {
    expect(visited.length).toBeGreaterThan(200_000);
    expect(new Set(visited.map(({ decision }) => decision.action)).size).toBeGreaterThanOrEqual(12);
  });

  it('carries a reason out of the closed set (I14)', () => {
    const known = new Set<string>(REASONS);
    holds(({ decision }) => known.has(decision.reason));
  });

  it('is the same the second time, and from a configuration read anew (I14)', () => {
    const again = new Map<PolicyConfig, PolicyConfig>();
    holds(({ config, input, decision }) => {
      if (!again.has(config)) again.set(config, structuredClone(config));
      return JSON.stringify(decide(again.get(config) ?? config, input)) === JSON.stringify(decision);
    });
  });

  it("never lets a users' source or session near the agents' pages (I4, I18)", () => {
    holds(({ config, input, decision }) => {
      if (surfaceOf(input.path) === 'portal') return true;
      if (decision.action === 'allow') return decision.as === 'agents' && input.session?.audience === 'agents';
      return namedSources(decision).every((id) => sourceOf(config, id)?.audience === 'agents');
    });
  });

  it("opens the portal to an agent's session, whatever is demanded of users (I18)", () => {
    holds(({ config, input, decision }) => {
      const agent = input.session?.audience === 'agents' && input.session.idleSec === 60;
      if (input.path !== '/' || !agent || input.kind === 'submit') return true;
      if (
        input.prompt ||
        typeof input.maxAge === 'number' ||
        sourceOf(config, input.session?.usersource ?? '')?.enabled === false
      )
        return true;
      if (!sourceOf(config, input.session?.usersource ?? '')) return true;
      return decision.action === 'allow' || decision.reason === 'mfa.required';
    });
  });

  it('never redirects or probes unasked after an error, after a logout, or in a loop (I10)', () => {
    holds(({ input, decision }) => {
      const guarded = input.lastError || input.justLoggedOut || (input.hops ?? 0) >= 3;
      return !guarded || !leaves(decision);
    });
  });

  it('never redirects or probes a fetch or a post (I10)', () => {
    holds(({ input, decision }) => input.kind === 'navigate' || !leaves(decision));
  });

  it('shows no page and redirects nobody for prompt=none (I10)', () => {
    holds(({ input, decision }) => {
      if (input.prompt !== 'none') return true;
      return decision.action !== 'login_page' && (decision.action !== 'redirect_idp' || CLICK.has(decision.reason));
    });
  });

  it('accepts a password only for sources that the page of the same request shows (I11)', () => {
    holds(({ config, decision }) => {
      if (decision.action !== 'verify_password') return true;
      return decision.sources.length > 0 && decision.sources.every((id) => sourceOf(config, id)?.display === 'form');
    });
  });

  it('accepts what the page shows, and refuses what it does not (I11)', () => {
    holds(({ config, input, decision }) => {
      if (decision.action !== 'login_page' || !input.path.endsWith('/login') || input.kind !== 'navigate') return true;
      if (decision.reason === 'sso.unavailable' || input.idpHint || input.loginHint) return true;
      const posted = decide(config, { ...input, kind: 'submit' });
      const accepted = posted.action === 'verify_password' ? posted.sources : [];
      return JSON.stringify(accepted) === JSON.stringify(decision.form);
    });
  });

  it('opens the pages of built-in accounts exactly where the sign-in page leads to them (I11)', () => {
    holds(({ config, input, decision }) => {
      if (decision.action !== 'login_page' || input.path !== '/login' || input.kind !== 'navigate') return true;
      const opens = (path: string) => decide(config, { ...input, path }).action === 'pass';
      return opens('/lost-password') === decision.lostPassword && opens('/register') === decision.register;
    });
    const led = visited.filter(({ decision }) => decision.action === 'login_page' && decision.lostPassword);
    expect(led.length).toBeGreaterThan(1_000);
  });

  it('names no disabled source in any decision, and knows nobody by one (I12)', () => {
    const isOff = (config: PolicyConfig, id: string) => sourceOf(config, id)?.enabled === false;
    holds(({ config, input, decision }) => {
      if (decision.action === 'allow' || decision.action === 'step_up')
        return input.session !== null && input.session !== undefined && !isOff(config, input.session.usersource);
      return !namedSources(decision).some((id) => isOff(config, id));
    });
    // Each way in is tried at a source that is off: a click, a hint, an address, a session.
    const tried = (which: (input: DecisionInput) => string | undefined) =>
      visited.filter(({ config, input }) => isOff(config, which(input) ?? '')).length;
    expect(tried(({ path }) => path.split('/sso/start/')[1])).toBeGreaterThan(100);
    expect(tried(({ idpHint }) => idpHint ?? undefined)).toBeGreaterThan(100);
    expect(tried(({ loginHint }) => (loginHint ? 'corp' : undefined))).toBeGreaterThan(100);
    expect(tried(({ session }) => session?.usersource)).toBeGreaterThan(100);
  });

  it('would be noticed to break without its guard (the law above is not empty)', () => {
    const unguarded = RULES.filter(({ name }) => !name.startsWith('18 '));
    const looping = visited.filter(
      ({ config, input }) => input.lastError && leaves(decideWith(unguarded, config, input)),
    );
    expect(looping.length).toBeGreaterThan(100);
  });

  it('never redirects to a form', () => {
    const forms = new Set(['local', 'ldap', 'database']);
    holds(({ config, decision }) =>
      decision.action === 'redirect_idp' || decision.action === 'probe'
        ? !forms.has(sourceOf(config, decision.source)?.type ?? 'local')
        : true,
    );
  });
});

function* visit(round: number): Generator<Seen> {
  const all = configs();
  const stride = Math.max(1, Math.floor((POINTS * all.length) / BUDGET));
  const step = prime(stride);
  for (const [, config] of all)
    for (let index = round % step; index < POINTS; index += step) {
      const input = deepFreeze(inputAt(pointAt(index)));
      yield { config, input, decision: decide(config, input) };
    }
}

/** The smallest number from `from` on that shares no factor with the axes (2, 3 and 5 are all they have). */
function prime(from: number): number {
  let step = from;
  while (step > 1 && [2, 3, 5].some((factor) => step % factor === 0)) step += 1;
  return step;
}

function leaves(decision: Decision): boolean {
  return decision.action === 'probe' || (decision.action === 'redirect_idp' && !CLICK.has(decision.reason));
}

function namedSources(decision: Decision): string[] {
  switch (decision.action) {
    case 'redirect_idp':
    case 'probe':
      return [decision.source];
    case 'login_page':
      return [...decision.form, ...decision.buttons, ...decision.icons];
    case 'verify_password':
      return decision.sources;
    case 'logout':
      return decision.slo === null ? [] : [decision.slo];
    default:
      return [];
  }
}

function sourceOf(config: PolicyConfig, id: string) {
  return config.brands['acme']?.usersources?.[id];
}
