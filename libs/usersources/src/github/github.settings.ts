import { z } from 'zod';
import { webAddress } from '../addresses/web-address.js';
import { publicProviderShape } from '../openid-connect/public-provider.settings.js';
import type { UsersourceSettings } from '../usersource.js';

const schema = publicProviderShape.extend({
  /** GitHub Enterprise Server: its own origin. */
  enterpriseUrl: webAddress.refine((address) => new URL(address).pathname === '/', 'must have no path').optional(),
});
export type GithubSettings = z.infer<typeof schema>;

export const githubSettings: UsersourceSettings<GithubSettings> = {
  type: 'github',
  schema,
  secrets: ['clientSecret'],
  sendsSecretsTo: ['standIn', 'enterpriseUrl'],
};
