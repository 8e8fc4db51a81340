import { z } from 'zod';

const identifier = z.string().regex(/^[A-Za-z][A-Za-z0-9_$#]{0,127}$/, 'letters, digits and _ $ # only');

/** Where PeopleSoft's operators stand; spread into the settings of each type that reads them, beside the connection. */
export const operatorsShape = {
  /** Owner of the views, such as SYSADM; left out, they are the account's own. */
  schema: identifier.optional(),
  views: z
    .strictObject({
      operators: identifier.default('PASSBROKER_OPR'),
      roles: identifier.default('PASSBROKER_ROLE'),
      emails: identifier.default('PASSBROKER_EMAIL'),
    })
    .prefault({}),
  expiredPermissionList: z.string().min(1).max(30).default('PSWDEXPR'),
};
export type OperatorsAt = z.infer<z.ZodObject<typeof operatorsShape>>;

/**
 * Delivered with every installation, with passwords that everybody knows, or for the web server's own use: public pages
 * hand out validly signed tokens of theirs.
 */
export const DELIVERED_OPERATORS = ['GUEST', 'PUBUSER', 'PTWEBSERVER', 'PS', 'VP1', 'PTPORTAL', 'PSAPPS', 'PTADMIN'];
