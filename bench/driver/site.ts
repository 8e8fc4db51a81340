import { createHash, randomBytes } from 'node:crypto';

import { z } from 'zod';

import { asApplication, REDIRECT, type Application } from '#bench/driver/applications';
import { Browser } from '#bench/driver/browser';
import { ask, type Answered, type Asked } from '#bench/driver/connection';
import { fillSignIn } from '#bench/driver/form';
import type { Return, Upstream } from '#bench/driver/upstream';
import type { Subject } from '#bench/subjects/subject';

const discovery = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  introspection_endpoint: z.url(),
  userinfo_endpoint: z.url(),
  jwks_uri: z.url(),
});

const tokens = z.object({
  access_token: z.string(),
  id_token: z.string().optional(),
  refresh_token: z.string().optional(),
});
export type Tokens = z.infer<typeof tokens>;

export interface Person {
  /** The site behind the usersource. */
  upstream?: Upstream;
  password?: { name: string; password: string };
}

/** One side's endpoints, by its own discovery document, and the walks that are the same on both. */
export class Site {
  readonly subject: Subject;
  readonly endpoints: z.infer<typeof discovery>;

  private constructor(subject: Subject, endpoints: z.infer<typeof discovery>) {
    this.subject = subject;
    this.endpoints = endpoints;
  }

  static async open(subject: Subject): Promise<Site> {
    const url = new URL(`${subject.issuer}/.well-known/openid-configuration`);
    const answer = await ask(subject.door(url.pathname), url);
    return new Site(subject, discovery.parse(JSON.parse(succeeded(answer, url))));
  }

  browser(): Browser {
    return new Browser(this.subject.origin, (pathname) => this.subject.door(pathname));
  }

  async post(endpoint: string, app: Application, form: Record<string, string>): Promise<string> {
    const url = new URL(endpoint);
    const asked = asApplication(app, this.endpoints.issuer, form);
    return succeeded(await ask(this.subject.door(url.pathname), url, { method: 'POST', ...asked }), url);
  }

  async get(url: URL, headers: Record<string, string> = {}): Promise<string> {
    return succeeded(await ask(this.subject.door(url.pathname), url, { headers }), url);
  }

  async token(app: Application, form: Record<string, string>): Promise<Tokens> {
    return tokens.parse(JSON.parse(await this.post(this.endpoints.token_endpoint, app, form)));
  }

  /** Authorization code with PKCE, from the application's redirect to its tokens. */
  async login(app: Application, browser: Browser, person: Person = {}): Promise<Tokens> {
    const verifier = randomBytes(32).toString('base64url');
    const state = randomBytes(16).toString('base64url');
    const url = new URL(this.endpoints.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: app.name,
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: String(app.metadata.scope),
      state,
      nonce: randomBytes(16).toString('base64url'),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    const back = await this.#walk(url, browser, person);
    const code = back.searchParams.get('code');
    if (!code || back.searchParams.get('state') !== state) throw new Error(`came back with ${back.search}`);
    browser.requests += 1;
    return this.token(app, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: verifier });
  }

  async #walk(start: URL, browser: Browser, person: Person): Promise<URL> {
    let url = start;
    let answer = await browser.go(url);
    for (let step = 0; step < 10; step += 1) {
      const { location } = answer.headers;
      if (location !== undefined) {
        const next = new URL(location, url);
        if (next.href.startsWith(REDIRECT)) return next;
        const back: Return = person.upstream?.isLogin(next) ? await person.upstream.comeBack(next) : { url: next };
        url = back.url;
        answer = await browser.go(url, back.form && posted(back.form, next.origin));
      } else if (answer.status === 200 && person.password) {
        const { name, password } = person.password;
        const { action, body } = fillSignIn(answer.body, name, password);
        url = new URL(action || url.href, url);
        answer = await browser.go(url, {
          method: 'POST',
          headers: FORM,
          body,
        });
      } else {
        throw new Error(`${url.pathname} answered ${answer.status}: ${answer.body.slice(0, 600)}`);
      }
    }
    throw new Error(`no end to the redirects from ${start.pathname}`);
  }
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** By the upstream's page: a browser says whose page it was. */
const posted = (form: Record<string, string>, origin: string): Asked => ({
  method: 'POST',
  headers: { ...FORM, origin, 'sec-fetch-site': 'cross-site' },
  body: new URLSearchParams(form).toString(),
});

function succeeded(answer: Answered, url: URL): string {
  if (answer.status === 200) return answer.body;
  throw new Error(`${url.pathname} answered ${answer.status}: ${answer.body.slice(0, 600)}`);
}
