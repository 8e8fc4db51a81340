import type { IdentityAssertion, SignInAsk } from '@passbroker/model';
import { createSafeFetch } from '@passbroker/platform';
import type { HostileOp } from '@passbroker/testing';
import { openUsersource } from '../src/registry.js';
import type { Carried, Reply, Usersource, UsersourceTools } from '../src/usersource.js';
import { toolsFor } from './tools.js';

export const PLAIN: SignInAsk = { forceFresh: false, silent: false };
export const CLIENT_SECRET = 'a client secret of more than 32 bytes';

export interface OpWalk {
  usersource: Usersource;
  tools: UsersourceTools;
  begin(ask?: Partial<SignInAsk>): Promise<{ to: URL; carry: Carried }>;
  /** There and back again. */
  signIn(ask?: Partial<SignInAsk>): Promise<IdentityAssertion>;
  finish(parameters: URLSearchParams, carry: Carried): Promise<IdentityAssertion>;
}

/** A usersource that signs in at `op`, over real HTTP. */
export function walkWith(
  op: HostileOp,
  settings: Record<string, unknown> = {},
  more: Partial<UsersourceTools> = {},
  type = 'oidc',
): OpWalk {
  const tools: UsersourceTools = {
    ...toolsFor('okta', () => new Date()),
    fetch: createSafeFetch({ allowPrivate: true, timeoutMs: 2_000 }),
    ...more,
  };
  const own = type === 'oidc' ? { issuer: op.issuer, clientId: 'broker', clientSecret: CLIENT_SECRET } : {};
  const usersource = openUsersource(type, { ...own, ...settings }, tools);
  const walk: OpWalk = {
    usersource,
    tools,
    begin: async (ask = {}) => {
      const step = await usersource.begin('t', { ...PLAIN, ...ask });
      if (step.go !== 'redirect') throw new Error(`not a redirect: ${step.go}`);
      return { to: step.to, carry: step.carry };
    },
    finish: (parameters, carry) => usersource.finish(replyOf(parameters), carry),
    signIn: async (ask) => {
      const { to, carry } = await walk.begin(ask);
      const { method, parameters } = await op.answer(to);
      return usersource.finish(method === 'GET' ? replyOf(parameters) : postOf(parameters), carry);
    },
  };
  return walk;
}

export const replyOf = (parameters: URLSearchParams): Reply => ({
  method: 'GET',
  rawQuery: parameters.toString(),
  fields: {},
  remoteAddress: '192.0.2.1',
});

export const postOf = (parameters: URLSearchParams): Reply => ({
  method: 'POST',
  rawQuery: parameters.toString(),
  fields: Object.fromEntries(parameters),
  remoteAddress: '192.0.2.1',
});
