import { z } from 'zod';
import { addressAt } from '../addresses/stand-in.js';
import { numericId, readProfile } from '../oauth2/profile.js';
import { socialUsersource } from '../oauth2/social.js';
import type { UsersourceType } from '../usersource.js';
import { githubSettings, type GithubSettings } from './github.settings.js';

/** The login may be renamed and given to somebody else; the number stays. */
const userShape = z.object({ id: numericId, login: z.string().max(256), name: z.string().max(512).nullish() });
const emailsShape = z
  .array(z.object({ email: z.string().max(320), primary: z.boolean(), verified: z.boolean() }))
  .max(1_000);
const personShape = z.object({ user: userShape, email: z.string().optional() });

export const github: UsersourceType<GithubSettings> = {
  type: 'github',
  settings: githubSettings,
  open: ({ clientId, clientSecret, standIn, enterpriseUrl }, tools) => {
    const web = enterpriseUrl === undefined ? 'https://github.com' : new URL(enterpriseUrl).origin;
    const api = enterpriseUrl === undefined ? 'https://api.github.com' : `${web}/api/v3`;
    const at = (address: string): string => addressAt(standIn, address);
    return socialUsersource(
      {
        authorizationUrl: at(`${web}/login/oauth/authorize`),
        tokenUrl: at(`${web}/login/oauth/access_token`),
        clientId,
        clientSecret,
        scope: ['read:user', 'user:email'],
        profile: async (accessToken) => {
          const user = await readProfile(tools.fetch, at(`${api}/user`), accessToken, userShape);
          const emails = await readProfile(tools.fetch, at(`${api}/user/emails`), accessToken, emailsShape);
          // What the profile shows is what its owner typed; only this list says what was verified.
          const email = emails.find(({ primary, verified }) => primary && verified)?.email;
          return { user, email };
        },
        toIdentity: (person) => {
          const { user, email } = personShape.parse(person);
          return {
            subject: user.id,
            claims: {
              username: user.login,
              name: user.name ?? user.login,
              ...(email !== undefined && { email, emailVerified: true }),
            },
            said: { id: user.id, login: user.login, name: user.name, email },
          };
        },
      },
      tools,
    );
  },
};
