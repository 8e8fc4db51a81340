import { z } from 'zod';
import { directoryDn, directoryFields, SENDS_SECRETS_TO } from '../directory/settings.js';
import type { UsersourceSettings } from '../usersource.js';

const schema = z.strictObject({
  ...directoryFields,
  /** `CN=…` or `svc@acme.test`. */
  bindName: z
    .string()
    .max(1024)
    .refine((text) => /^[^@\s]+@[^@\s]+$/.test(text) || directoryDn.safeParse(text).success, 'must be a DN or a UPN'),
  netbiosName: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,15}$/, 'must be a NetBIOS name, such as ACME')
    .optional(),
  loginByMail: z.boolean().default(false),
  groupBaseDn: directoryDn.optional(),
});
export type ActiveDirectorySettings = z.infer<typeof schema>;

export const activeDirectorySettings: UsersourceSettings<ActiveDirectorySettings> = {
  type: 'active-directory',
  schema,
  secrets: ['bindPassword'],
  sendsSecretsTo: SENDS_SECRETS_TO,
  warnings: (settings) => [
    ...(settings['lockoutThreshold'] === 0
      ? ['lockoutThreshold is 0: if the domain locks accounts after all, strangers can lock people out through here.']
      : []),
  ],
};
