import { z } from 'zod';
import { isHttpsOrLoopback } from '../addresses/web-address.js';
import {
  CONNECTION_SECRETS,
  CONNECTION_TARGET,
  connectionShape,
  connectionWarnings,
  NAMES_NO_SERVER,
  namesItsServer,
} from '../sql/connection.settings.js';
import { DELIVERED_OPERATORS, operatorsShape } from '../peoplesoft/operators.settings.js';
import type { UsersourceSettings } from '../usersource.js';

const operator = z.string().min(1).max(30);

const schema = z
  .strictObject({
    ...connectionShape,
    ...operatorsShape,
    passwordCheck: z.enum(['none', 'unsalted-sha1', 'callout']),
    /** Sign-on by LDAP: the password column is then no longer used by PeopleSoft, and may hold anything. */
    ldapSignOn: z.boolean().default(false),
    serviceUrl: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .refine(isHttpsOrLoopback, 'must be https (http only for loopback hosts)')
      .optional(),
    serviceUser: z.string().min(1).max(254).optional(),
    servicePassword: z.string().min(1).max(254).optional(),
    loginColumn: z.enum(['OPRID', 'USERIDALIAS', 'both']).default('OPRID'),
    oprIdCase: z.enum(['asis', 'upper']).default('upper'),
    /** Stands before the OPRID in the subject: two databases have a PSADMIN each. */
    databaseName: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/, 'letters, digits and _ . - only')
      .optional(),
    /** An OPRID given to somebody else, with another EMPLID, is then somebody else here too. */
    subjectHasEmplid: z.boolean().default(false),
    maxPasswordAgeDays: z.int().min(1).max(3_650).optional(),
    denyUsers: z.array(operator).max(10_000).default(DELIVERED_OPERATORS),
  })
  .superRefine((settings, context) => {
    const complain = (name: string, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message, input: undefined });
    if (settings.passwordCheck === 'unsalted-sha1' && settings.ldapSignOn) {
      complain(
        'passwordCheck',
        'with LDAP sign-on the password column means nothing: use callout, or an ldap usersource',
      );
    }
    if (settings.passwordCheck !== 'callout') return;
    if (settings.serviceUrl === undefined) complain('serviceUrl', 'callout asks PeopleSoft here');
    if (settings.serviceUser === undefined) complain('serviceUser', 'callout signs in to PeopleSoft as it');
    if (settings.servicePassword === undefined) complain('servicePassword', 'callout signs in with it');
  })
  .refine(namesItsServer, NAMES_NO_SERVER);
export type PeoplesoftDatabaseSettings = z.infer<typeof schema>;

export const peoplesoftDatabaseSettings: UsersourceSettings<PeoplesoftDatabaseSettings> = {
  type: 'peoplesoft-database',
  schema,
  secrets: [...CONNECTION_SECRETS, 'servicePassword'],
  // People's passwords go to the service too.
  sendsSecretsTo: [...CONNECTION_TARGET, 'serviceUrl', 'serviceUser'],
  warnings: (settings) => [
    ...connectionWarnings(settings),
    ...(settings['passwordCheck'] === 'unsalted-sha1'
      ? [
          'Passwords are checked against unsalted SHA-1, which a thief of the table can guess at billions a second. Let PeopleSoft check them (passwordCheck callout).',
        ]
      : []),
    ...(settings['passwordCheck'] === 'none'
      ? ['Nobody can sign in here: no passwords are checked (passwordCheck none).']
      : []),
    'PeopleSoft counts no failures that happen here, and its lockout does not know of them.',
  ],
};
