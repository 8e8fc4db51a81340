import { SamlIdp, type SamlWish } from '../../testing/src/peers/saml-idp.js';
import { makePair } from '../../saml/test/certificate.js';
import { NOW } from '../../saml/test/messages.js';
import { openUsersource } from '../src/registry.js';
import type { NextStep, Reply, Usersource, UsersourceTools } from '../src/usersource.js';
import { toolsFor } from './tools.js';

export const ASK = { forceFresh: false, silent: false };
export const ours = makePair({ name: 'sp' });
export const SIGNING = { spKey: ours.key, spCertificate: ours.certificate };
export const SLO = 'https://login.acme.test/sso/okta/slo';

/** One identity provider and one copy of the usersource, on a clock that is moved by hand. */
export function world(more: Record<string, unknown> = {}, tools: Partial<UsersourceTools> = {}) {
  const clock = { now: NOW };
  const idp = new SamlIdp('https://idp.acme.test', () => clock.now);
  idp.person = {
    nameId: 'alice',
    attributes: { email: ['alice@acme.test'], displayName: ['Alice'], groups: ['a', 'b'] },
  };
  const byUrl = 'metadataUrl' in more;
  const settings = { ...(byUrl ? {} : { metadata: idp.metadata() }), ...more };
  const all = { ...toolsFor('okta', () => clock.now), ...tools };
  const fetched = fetchOf(idp);
  const open = (): Usersource => openUsersource('saml', settings, { ...all, ...(byUrl && { fetch: fetched }) });
  return { idp, clock, open, usersource: open(), settings };
}

export const fetchOf =
  (idp: SamlIdp): typeof fetch =>
  async () => {
    idp.metadataFetches++;
    return new Response(idp.metadata(), { status: idp.metadataStatus });
  };

export const posted = (fields: Record<string, string>): Reply => ({
  method: 'POST',
  rawQuery: '',
  fields,
  remoteAddress: '192.0.2.1',
});
export const got = (url: URL): Reply => ({
  method: 'GET',
  rawQuery: url.search.slice(1),
  fields: {},
  remoteAddress: '192.0.2.1',
});
export const askOf = (idp: SamlIdp, step: NextStep) => {
  if (step.go === 'redirect') return idp.read(step.to.searchParams, false);
  if (step.go === 'post') return idp.read(new URLSearchParams(step.fields), true);
  throw new Error('a form');
};

export async function walk(
  { idp, usersource }: { idp: SamlIdp; usersource: Usersource },
  wish: SamlWish = {},
  ask = ASK,
) {
  const step = await usersource.begin('t', ask);
  return usersource.finish(posted(idp.respond(askOf(idp, step), wish)), step.carry);
}
