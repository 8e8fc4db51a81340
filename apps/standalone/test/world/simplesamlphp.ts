import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Browser, Form, Page } from '@passbroker/testing';
import { makePair } from '../../../../libs/saml/test/certificate.js';
import {
  startSimpleSamlPhp,
  type SimpleSamlPhp,
} from '../../../../libs/testing/src/peers/simplesamlphp/simplesamlphp.js';
import { startBroker, type Broker } from './broker.js';
import { configure, question, REDIRECT, type Question } from './people.js';

/** The change log is looked at every second. */
export const NEWS_MS = 1_000;

const user = (uid: string, displayName: string) => ({
  password: `${uid} at home`,
  attributes: { uid: [uid], mail: [`${uid}@acme.test`], displayName: [displayName] },
});

export interface SamlWorld {
  broker: Broker;
  idp: SimpleSamlPhp;
  clientSecret: string;
  /** Installs a copy, and has the identity provider read our metadata, as its admin would. */
  add(slug: string, settings?: Record<string, unknown>, more?: Record<string, unknown>): Promise<string>;
  entityId(slug: string): string;
  sessions(): Promise<number>;
  /** Types a password if it must, up to the form that brings the response to us. */
  atUpstream(browser: Browser, page: Page, who?: string): Promise<{ form: Form; typed: boolean }>;
  /** From our door to a usersource, over the identity provider, to where that leads. */
  enter(browser: Browser, slug: string, who?: string): Promise<Page>;
  /** From an application's question to its answer. */
  signIn(
    browser: Browser,
    extra?: Record<string, string>,
    who?: string,
  ): Promise<{ asked: Question; page: Page; typed: boolean }>;
  /** What an application hears that may show nobody a page. */
  isSignedIn(browser: Browser): Promise<boolean>;
  close(): Promise<void>;
}

export const isCallback = (url: URL): boolean => url.href.startsWith(REDIRECT);
export const formWith = (page: Page, field: string): Form | undefined =>
  page.forms.find(({ fields }) => field in fields);
export const hasCode = ({ location }: Page): boolean => location?.searchParams.has('code') === true;

/** Two gateways, two minters, and Debian's SimpleSAMLphp where Alice and Bob have their passwords. */
export async function samlWorld(): Promise<SamlWorld> {
  const ours = makePair({ name: 'service provider' });
  const users = { alice: user('alice', 'Alice Ember'), bob: user('bob', 'Bob Ash') };
  const [broker, idp] = await Promise.all([startBroker(), startSimpleSamlPhp({ users })]);
  const redis = new Redis(broker.redisUrl);
  const { clientSecret } = await configure(broker, { sso: 'none' });
  // Automatic SSO would close the doors to all others.
  await broker.api('PATCH', '/v1/brands/default', { audiences: { users: { automaticScope: 'default' } } });

  const entityId = (slug: string): string => `${broker.origin}/sso/${slug}/metadata`;

  async function add(slug: string, settings: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
    const installed = await broker.api('POST', '/v1/usersources', {
      ...{ slug, type: 'saml', brand: 'default', audience: 'users', label: `By ${slug}`, enabled: true, order: 5 },
      ...{ sso: 'none', display: 'button', jit: { create: 'on' } },
      // Several copies of one provider are one person's several ways in.
      linking: { mode: 'auto_verified', authoritativeDomains: ['acme.test'] },
      settings: {
        preset: 'simplesamlphp',
        metadataUrl: idp.metadataUrl,
        spKey: ours.key,
        spCertificate: ours.certificate,
        ...settings,
      },
      ...more,
    });
    await sleep(NEWS_MS);
    const metadata = await broker.browser().get(entityId(slug));
    if (metadata.status !== 200) throw new Error(`no metadata of ${slug}: ${metadata.status}`);
    await idp.trust(metadata.body);
    return String(installed['id']);
  }

  async function atUpstream(browser: Browser, page: Page, who = 'alice') {
    const request = formWith(page, 'SAMLRequest');
    const asked = request ? await browser.submit(request) : page;
    const login = formWith(asked, 'password');
    const next = login ? await browser.submit(login, { username: who, password: `${who} at home` }) : asked;
    const form = formWith(next, 'SAMLResponse');
    if (!form) throw new Error(`no response at ${next.url.pathname}: ${next.status} ${next.text}\n${idp.output()}`);
    return { form, typed: login !== undefined };
  }

  return {
    broker,
    idp,
    clientSecret,
    add,
    entityId,
    sessions: async () => (await redis.keys('session:*')).length,
    atUpstream,
    enter: async (browser, slug, who) => {
      const page = await browser.visit(`${broker.origin}/sso/start/${slug}`);
      const { form } = await atUpstream(browser, page, who);
      return browser.submit(form);
    },
    signIn: async (browser, extra, who) => {
      const asked = question(broker, extra);
      const page = await browser.visit(asked.url, { until: isCallback });
      if (page.location) return { asked, page, typed: false };
      const { form, typed } = await atUpstream(browser, page, who);
      return { asked, page: await browser.submit(form, {}, { until: isCallback }), typed };
    },
    isSignedIn: async (browser) =>
      hasCode(await browser.visit(question(broker, { prompt: 'none' }).url, { until: isCallback })),
    close: async () => {
      redis.disconnect();
      await idp.stop();
      await broker.close();
    },
  };
}
