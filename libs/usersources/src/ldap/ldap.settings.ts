import { z } from 'zod';
import { directoryAttribute, directoryDn, directoryFields, SENDS_SECRETS_TO } from '../directory/settings.js';
import type { UsersourceSettings } from '../usersource.js';

const schema = z.strictObject({
  ...directoryFields,
  nameAttribute: directoryAttribute.default('cn'),
  bindDn: directoryDn,
  loginAttributes: z.array(directoryAttribute).min(1).max(5).default(['uid']),
  subjectAttribute: directoryAttribute.default('entryUUID'),
  groupBaseDn: directoryDn.optional(),
  groupNameAttribute: directoryAttribute.default('cn'),
});
export type LdapSettings = z.infer<typeof schema>;

export const ldapSettings: UsersourceSettings<LdapSettings> = {
  type: 'ldap',
  schema,
  secrets: ['bindPassword'],
  sendsSecretsTo: SENDS_SECRETS_TO,
  warnings: (settings) => [
    ...(settings['lockoutThreshold'] === 0
      ? [
          'lockoutThreshold is 0: if the directory locks accounts after all, strangers can lock people out through here.',
        ]
      : []),
    ...(isName(settings['subjectAttribute'])
      ? ['subjectAttribute is a name: whoever is given it next will be taken for whoever had it.']
      : []),
  ],
};

const isName = (attribute: unknown): boolean =>
  typeof attribute === 'string' && /^(uid|cn|mail|sAMAccountName)$/i.test(attribute);
