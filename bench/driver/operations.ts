import { z } from 'zod';

import type { Application, ApplicationName } from '#bench/driver/applications';
import { Multipass } from '#bench/driver/multipass';
import type { Site } from '#bench/driver/site';
import type { UpstreamSlug } from '#bench/subjects/subject';

/** One operation, in one of the slots that work side by side. Answers how many requests it took. */
export type Once = (slot: number) => Promise<number>;

export interface Operation {
  name: string;
  title: string;
  /** What the broker may cost at most, as a multiple of the baseline's cost. */
  goal?: number;
  /** Operations in a round for one that `--ops` asks for: what is light is counted by the hundred. */
  times: number;
  /** The baseline's operation it is compared with, when it has no such thing itself. */
  against?: string;
  /** Another product that does the same; the broker may cost no more. */
  peer?: string;
  /** Of the cost, what hashing one password takes is shown apart. */
  hashes?: boolean;
  prepare(site: Site, apps: ReadonlyMap<ApplicationName, Application>, slots: number): Promise<Once>;
}

const of = (apps: ReadonlyMap<ApplicationName, Application>, name: ApplicationName): Application => {
  const app = apps.get(name);
  if (!app) throw new Error(`no application ${name}`);
  return app;
};

const inSlots = async <Value>(slots: number, make: () => Promise<Value>): Promise<Value[]> => {
  const made: Value[] = [];
  for (let slot = 0; slot < slots; slot += 1) made.push(await make());
  return made;
};

const at = <Value>(values: readonly Value[], slot: number): Value => {
  const value = values[slot];
  if (value === undefined) throw new Error(`no slot ${slot}`);
  return value;
};

/** Somebody to sign in as. The baseline asks nobody. */
const person = async (site: Site): Promise<{ upstream?: Multipass }> => {
  const { broker, origin } = site.subject;
  if (!broker) return {};
  await broker.sendTo('intranet');
  return { upstream: await Multipass.open(broker, origin) };
};

/** No session anywhere: the whole way, over an upstream whose page asks nothing. */
const loginOver = (slug: UpstreamSlug, title: string, goal: number, peer?: string): Operation => ({
  name: `login-${slug}`,
  title,
  goal,
  times: 1,
  against: 'login',
  ...(peer === undefined ? {} : { peer }),
  prepare: async (site, apps) => {
    await site.subject.broker?.sendTo(slug);
    const upstream = site.subject.upstreams?.[slug];
    if (!upstream) throw new Error(`${site.subject.name} has no ${slug}`);
    return async () => {
      const browser = site.browser();
      await site.login(of(apps, 'web-es256'), browser, { upstream });
      return browser.requests;
    };
  },
});

/** The person has a session at the broker; the application does not know them. The baseline lets everybody in. */
const loginWithSession = (name: string, title: string, app: ApplicationName): Operation => ({
  name,
  title,
  goal: 1.6,
  times: 1,
  prepare: async (site, apps, slots) => {
    const who = await person(site);
    const known = await inSlots(slots, async () => {
      const browser = site.browser();
      await site.login(of(apps, app), browser, who);
      return browser;
    });
    return async (slot) => {
      const browser = site.subject.broker ? at(known, slot).anew() : site.browser();
      await site.login(of(apps, app), browser);
      return browser.requests;
    };
  },
});

const clientCredentials = (name: string, title: string, app: ApplicationName): Operation => ({
  name,
  title,
  goal: 1.1,
  times: 5,
  prepare: async (site, apps) => async () => {
    await site.token(of(apps, app), { grant_type: 'client_credentials' });
    return 1;
  },
});

const refresh = (name: string, title: string, app: ApplicationName): Operation => ({
  name,
  title,
  goal: 1.1,
  times: 2,
  prepare: async (site, apps, slots) => {
    const who = await person(site);
    const held = await inSlots(slots, async () => (await site.login(of(apps, app), site.browser(), who)).refresh_token);
    return async (slot) => {
      const refreshed = await site.token(of(apps, app), {
        grant_type: 'refresh_token',
        refresh_token: at(held, slot) ?? '',
      });
      if (refreshed.refresh_token === undefined || refreshed.refresh_token === held[slot])
        throw new Error('not rotated');
      held[slot] = refreshed.refresh_token;
      return 1;
    };
  },
});

const accessTokens = async (site: Site, app: Application, slots: number): Promise<string[]> => {
  const who = await person(site);
  return inSlots(slots, async () => (await site.login(app, site.browser(), who)).access_token);
};

const active = z.object({ active: z.literal(true) });
const subject = z.object({ sub: z.string() });

const document = (name: string, title: string, url: (site: Site) => URL): Operation => ({
  name,
  title,
  goal: 1,
  times: 10,
  prepare: async (site) => async () => {
    await site.get(url(site));
    return 1;
  },
});

export const operations: readonly Operation[] = [
  loginWithSession('login', 'OpenID Connect login, session at the broker, ES256', 'web-es256'),
  loginWithSession('login-rs256', 'the same, RS256', 'web-rs256'),
  loginWithSession('login-post', 'the same, ES256, client_secret_post', 'web-post'),
  loginWithSession('login-public', 'the same, ES256, public client', 'web-public'),
  {
    name: 'login-multipass',
    title: 'OpenID Connect login, no session: signed in by a Multipass, ES256',
    goal: 1.6,
    times: 1,
    against: 'login',
    prepare: async (site, apps) => {
      const who = await person(site);
      return async () => {
        const browser = site.browser();
        await site.login(of(apps, 'web-es256'), browser, who);
        return browser.requests;
      };
    },
  },
  loginOver('oidc', 'OpenID Connect login, no session: over an OpenID provider (RS256), ES256', 1.6),
  loginOver('saml', 'OpenID Connect login, no session: over a SAML identity provider, ES256', 3, 'saml-jackson'),
  {
    name: 'login-password',
    title: 'OpenID Connect login, no session: password form, ES256 (less one argon2id verify)',
    times: 0.5,
    against: 'login',
    hashes: true,
    prepare: async (site, apps) => {
      const password = site.subject.broker?.agent;
      return async () => {
        const browser = site.browser();
        await site.login(of(apps, 'desk'), browser, password ? { password } : {});
        return browser.requests;
      };
    },
  },
  {
    name: 'multipass-callback',
    title: 'Multipass callback alone (unsolicited), to a session',
    times: 2,
    against: 'login',
    prepare: async (site) => {
      const { upstream: multipass } = await person(site);
      if (!multipass) throw new Error('a bare provider takes no Multipass');
      return async () => {
        const browser = site.browser();
        const answer = await browser.go(multipass.callback());
        if (answer.status !== 303 && answer.status !== 302)
          throw new Error(`callback: ${answer.status} ${answer.body.slice(0, 300)}`);
        return browser.requests;
      };
    },
  },
  clientCredentials('client-credentials', 'client_credentials, opaque token', 'service'),
  clientCredentials(
    'client-credentials-assertion',
    'client_credentials, opaque token, private_key_jwt',
    'service-assertion',
  ),
  clientCredentials('client-credentials-jwt', 'client_credentials, JWT, ES256', 'service-jwt'),
  clientCredentials('client-credentials-jwt-rs256', 'client_credentials, JWT, RS256', 'service-jwt-rs256'),
  refresh('refresh', 'refresh, rotating, ES256', 'web-es256'),
  refresh('refresh-rs256', 'refresh, rotating, RS256', 'web-rs256'),
  {
    name: 'introspection',
    title: 'introspection, opaque token',
    goal: 1.15,
    times: 5,
    prepare: async (site, apps, slots) => {
      const app = of(apps, 'web-es256');
      const held = await accessTokens(site, app, slots);
      return async (slot) => {
        active.parse(
          JSON.parse(await site.post(site.endpoints.introspection_endpoint, app, { token: at(held, slot) })),
        );
        return 1;
      };
    },
  },
  {
    name: 'userinfo',
    title: 'userinfo',
    goal: 1.15,
    times: 5,
    prepare: async (site, apps, slots) => {
      const held = await accessTokens(site, of(apps, 'web-es256'), slots);
      const url = new URL(site.endpoints.userinfo_endpoint);
      return async (slot) => {
        subject.parse(JSON.parse(await site.get(url, { authorization: `Bearer ${at(held, slot)}` })));
        return 1;
      };
    },
  },
  document('discovery', 'discovery', (site) => new URL(`${site.subject.issuer}/.well-known/openid-configuration`)),
  document('jwks', 'JWKS', (site) => new URL(site.endpoints.jwks_uri)),
];
