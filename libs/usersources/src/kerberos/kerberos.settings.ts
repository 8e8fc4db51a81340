import { z } from 'zod';
import { directoryDn, directoryFields } from '../directory/settings.js';
import type { UsersourceSettings } from '../usersource.js';

const { servers, ca, serverName, baseDn, userFilter, nameAttribute, emailAttribute, attributes } = directoryFields;
const { groups, groupsAs, timeoutSec, trialPerson } = directoryFields;

/** The domain controllers as an LDAP directory: as for `active-directory`, without what concerns typed passwords. */
const directory = z.strictObject({
  ...{ servers, ca, serverName, baseDn, userFilter, nameAttribute, emailAttribute, attributes },
  ...{ groups, groupsAs, timeoutSec, trialPerson },
  bindName: z
    .string()
    .max(1024)
    .refine((text) => /^[^@\s]+@[^@\s]+$/.test(text) || directoryDn.safeParse(text).success, 'must be a DN or a UPN'),
});

const fields = z.strictObject({
  realm: z.string().regex(/^(?=.{1,253}$)[A-Z0-9-]+(\.[A-Z0-9-]+)*$/, 'a realm in capitals, like ACME.COM'),
  servicePrincipal: z
    .string()
    .max(260)
    .regex(/^HTTP\/[a-z0-9-]+(\.[a-z0-9-]+)*$/, 'the name of this host, like HTTP/login.acme.com'),
  keytab: z
    .string()
    .max(1_024)
    .regex(/^\/(?!.*(?:^|\/)\.\.?(?:\/|$))[\w./@+-]+$/, 'an absolute path on the gateway’s machine'),
  emailDomain: z
    .string()
    .regex(/^(?=.{4,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'a domain in lower case, like acme.com')
    .optional(),
  directory: directory.optional(),
  directoryPassword: directoryFields.bindPassword.optional(),
});
const schema = fields
  .refine(({ directory, directoryPassword }) => !directory || directoryPassword !== undefined, {
    path: ['directoryPassword'],
    message: 'the directory is asked as bindName, with this password',
  })
  .refine(({ directory, emailDomain }) => !directory || emailDomain === undefined, {
    path: ['emailDomain'],
    message: 'the directory tells the addresses',
  });
export type KerberosSettings = z.infer<typeof schema>;

export const kerberosSettings: UsersourceSettings<KerberosSettings> = {
  type: 'kerberos',
  schema,
  // The key itself never comes by the admin API: it is a file that only the gateway can read.
  secrets: ['directoryPassword'],
  sendsSecretsTo: ['directory'],
  warnings: (settings) => [
    ...(settings['directory'] === undefined
      ? ['No directory is asked: a ticket lets people in for up to ten hours after their account was disabled.']
      : []),
  ],
};
