import { z } from 'zod';
import { addressAt } from '../addresses/stand-in.js';
import { numericId, readProfile } from '../oauth2/profile.js';
import { socialUsersource } from '../oauth2/social.js';
import type { PublicProviderSettings } from '../openid-connect/public-provider.settings.js';
import type { UsersourceType } from '../usersource.js';
import { twitterSettings } from './twitter.settings.js';

/** The handle may change hands; the number stays. */
const dataShape = z.object({
  id: numericId,
  username: z.string().max(256),
  name: z.string().max(512),
  confirmed_email: z.string().max(320).optional(),
});
const personShape = z.object({ data: dataShape });

/** X, which was Twitter: OAuth 2.0 with PKCE; the app's credentials travel as Basic. */
export const twitter: UsersourceType<PublicProviderSettings> = {
  type: 'twitter',
  settings: twitterSettings,
  open: ({ clientId, clientSecret, standIn }, tools) =>
    socialUsersource(
      {
        authorizationUrl: addressAt(standIn, 'https://x.com/i/oauth2/authorize'),
        tokenUrl: addressAt(standIn, 'https://api.x.com/2/oauth2/token'),
        clientId,
        clientSecret,
        scope: ['users.read', 'tweet.read', 'users.email'],
        tokenHeaders: {
          authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')}`,
        },
        profile: async (accessToken) => {
          const me = addressAt(standIn, 'https://api.x.com/2/users/me?user.fields=confirmed_email');
          return readProfile(tools.fetch, me, accessToken, personShape);
        },
        toIdentity: (person) => {
          const { id, username, name, confirmed_email: email } = personShape.parse(person).data;
          return {
            subject: id,
            claims: { username, name, ...(email !== undefined && { email, emailVerified: true }) },
            said: { id, username, name, confirmed_email: email },
          };
        },
      },
      tools,
    ),
};
