import { z } from 'zod';
import { isTimeZone } from './issue-time.js';
import { webAddress } from '../addresses/web-address.js';
import { DELIVERED_OPERATORS } from '../peoplesoft/operators.settings.js';
import { connectionWarnings } from '../sql/connection.settings.js';
import { NODE_PASSWORDS, readNodePasswords, weakness } from './node-passwords.js';
import { profileShape } from './profile.settings.js';
import type { UsersourceSettings } from '../usersource.js';

const MOST_MINUTES = 720;
const minutes = z.int().min(1).max(MOST_MINUTES);
const node = z.strictObject({
  name: z.string().regex(/^[A-Z][A-Z0-9_]{0,29}$/, 'a node is written like PSFT_HR'),
  maxAgeMinutes: minutes.optional(),
});

const schema = z
  .strictObject({
    mode: z.enum(['service', 'mac']).default('service'),
    cookieName: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'a cookie is named like PS_TOKEN')
      .default('PS_TOKEN'),
    trustedNodes: z.array(node).min(1).max(50),
    nodePasswords: z.string().max(16_384).regex(NODE_PASSWORDS, 'a line a node, like PSFT_HR=its password').optional(),
    acceptWeakSecret: z.boolean().default(false),
    serviceUrl: webAddress.optional(),
    serviceFormat: z.enum(['qas', 'json']).default('qas'),
    serviceUser: z.string().min(1).max(254).optional(),
    servicePassword: z.string().min(1).max(254).optional(),
    loginUrl: webAddress.optional(),
    timeZone: z.string().max(64).refine(isTimeZone, 'an IANA time zone, like America/New_York').default('UTC'),
    maxAgeMinutes: minutes.default(5),
    clockSkewSeconds: z.int().min(0).max(300).default(60),
    byteOrder: z.enum(['little', 'any']).default('little'),
    singleUse: z.boolean().default(false),
    sharedUsers: z.boolean().default(false),
    emailDomain: z
      .string()
      .regex(/^(?=.{4,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a domain in lower case, like acme.com')
      .optional(),
    allowedUsers: z.array(z.string().min(1).max(30)).max(10_000).optional(),
    denyUsers: z.array(z.string().min(1).max(30)).max(10_000).default(DELIVERED_OPERATORS),
    /** PeopleSoft's tables about whoever the token names; 'none' is said, not left out, where nobody else is asked. */
    profile: z.union([z.literal('none'), profileShape]).optional(),
    profilePassword: z.string().min(1).max(1024).optional(),
  })
  .superRefine((settings, context) => {
    const complain = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message, input: undefined });
    const names = settings.trustedNodes.map(({ name }) => name);
    if (new Set(names).size < names.length) complain('trustedNodes', 'a node stands there twice');
    const { profile, profilePassword } = settings;
    if (typeof profile === 'object') {
      if (profilePassword === undefined) complain('profilePassword', 'the profile’s database is opened with it');
      // The operator of that name in another node's database may be locked, or somebody else.
      if (names.length > 1 && !settings.sharedUsers) {
        complain('profile', 'one database knows the people of one node: make a usersource a node, or say sharedUsers');
      }
    } else if (profilePassword !== undefined) complain('profilePassword', 'there is no profile to open with it');
    if (settings.mode === 'mac' && profile === undefined) {
      complain('profile', 'mac mode asks PeopleSoft’s tables whether somebody may still come in; or say "none"');
    }
    if (settings.mode === 'service') {
      if (settings.serviceUrl === undefined) complain('serviceUrl', 'service mode asks PeopleSoft here');
      if (settings.serviceUser === undefined) complain('serviceUser', 'service mode signs in to PeopleSoft as it');
      if (settings.servicePassword === undefined) complain('servicePassword', 'service mode signs in with it');
      return;
    }
    const { nodePasswords } = settings;
    if (nodePasswords === undefined) return complain('nodePasswords', 'mac mode checks signatures with them');
    // What cannot be read has been complained about, or stands in for one that is kept.
    if (!NODE_PASSWORDS.test(nodePasswords)) return;
    const passwords = readNodePasswords(nodePasswords);
    for (const name of names) {
      const password = passwords.get(name);
      // Nobody accepts that one: its signature is a plain SHA-1, which anybody can make.
      if (!password) complain('nodePasswords', `${name} has no password there`);
      else if (!settings.acceptWeakSecret) {
        const weak = weakness(name, password);
        if (weak) complain('nodePasswords', `the password of ${name} is ${weak}: one token is enough to find it`);
      }
    }
  });
export type PeoplesoftTokenSettings = z.infer<typeof schema>;

export const peoplesoftTokenSettings: UsersourceSettings<PeoplesoftTokenSettings> = {
  type: 'peoplesoft-token',
  schema,
  secrets: ['nodePasswords', 'servicePassword', 'profilePassword'],
  sendsSecretsTo: ['serviceUrl', 'profile'],
  warnings: (settings) => [
    ...(settings['mode'] === 'mac'
      ? [
          'Tokens are checked here, by their SHA-1 alone: whoever learns or guesses a node password can be anybody, here and in PeopleSoft. Let PeopleSoft check them (mode service).',
        ]
      : []),
    ...(settings['mode'] === 'mac' && settings['profile'] === 'none'
      ? [
          'Nobody asks PeopleSoft whether somebody still exists or is locked: a token opens until it is too old (profile none).',
        ]
      : []),
    ...profileWarnings(settings['profile']),
    ...(settings['acceptWeakSecret'] === true
      ? ['Weak node passwords are accepted: eight letters and digits are found within minutes from a single token.']
      : []),
    ...(typeof settings['maxAgeMinutes'] === 'number' && settings['maxAgeMinutes'] > 15
      ? ['Tokens are accepted for long: have a PeopleSoft page renew them just before the hop (loginUrl) instead.']
      : []),
  ],
};

function profileWarnings(profile: unknown): string[] {
  const parsed = profileShape.safeParse(profile);
  return parsed.success ? connectionWarnings(parsed.data) : [];
}
