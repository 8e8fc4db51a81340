import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { addressAt } from '../addresses/stand-in.js';
import { numericId, readProfile } from '../oauth2/profile.js';
import { socialUsersource } from '../oauth2/social.js';
import type { PublicProviderSettings } from '../openid-connect/public-provider.settings.js';
import type { UsersourceType } from '../usersource.js';
import { facebookSettings } from './facebook.settings.js';

const VERSION = 'v23.0';
/** The number is our app's own for this person. */
const personShape = z.object({
  id: numericId,
  name: z.string().max(512).optional(),
  email: z.string().max(320).optional(),
});

export const facebook: UsersourceType<PublicProviderSettings> = {
  type: 'facebook',
  settings: facebookSettings,
  open: ({ clientId, clientSecret, standIn }, tools) =>
    socialUsersource(
      {
        authorizationUrl: addressAt(standIn, `https://www.facebook.com/${VERSION}/dialog/oauth`),
        tokenUrl: addressAt(standIn, `https://graph.facebook.com/${VERSION}/oauth/access_token`),
        clientId,
        clientSecret,
        scope: ['public_profile', 'email'],
        profile: async (accessToken) => {
          const me = new URL(addressAt(standIn, `https://graph.facebook.com/${VERSION}/me`));
          me.searchParams.set('fields', 'id,name,email');
          // Facebook answers only to the app the token was made for (appsecret_proof).
          me.searchParams.set('appsecret_proof', createHmac('sha256', clientSecret).update(accessToken).digest('hex'));
          return readProfile(tools.fetch, me.href, accessToken, personShape);
        },
        toIdentity: (person) => {
          const { id, name, email } = personShape.parse(person);
          return {
            subject: id,
            claims: {
              ...(name !== undefined && { name }),
              // It does not say whether the address is verified, so it is not.
              ...(email !== undefined && { email, emailVerified: false }),
            },
            said: { id, name, email },
          };
        },
      },
      tools,
    ),
};
