import { z } from 'zod';
import { digestTemplate } from '../password-hashes/digest-template.js';
import {
  CONNECTION_SECRETS,
  CONNECTION_TARGET,
  connectionShape,
  connectionWarnings,
  NAMES_NO_SERVER,
  namesItsServer,
} from '../sql/connection.settings.js';
import { parseStatement } from '../sql/named-parameters.js';
import type { UsersourceSettings } from '../usersource.js';

const column = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$#]{0,127}$/, 'letters, digits and _ $ # only');
const table = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_$#]{0,127}(\.[A-Za-z_][A-Za-z0-9_$#]{0,127}){0,2}$/, 'like users or app.users');

const columns = z.strictObject({
  /** Who it is, for ever: a number or id that is never given to somebody else. */
  subject: column,
  username: column,
  passwordHash: column,
  salt: column.optional(),
  email: column.optional(),
  emailVerified: column.optional(),
  name: column.optional(),
  groups: column.optional(),
  disabled: column.optional(),
  enabled: column.optional(),
  attributes: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/), column).default({}),
});

const statement = (parameter: string) =>
  z
    .string()
    .max(8_192)
    .superRefine((sql, context) => {
      const complaint = complaintOf(() => parseStatement(sql, [parameter]));
      if (complaint !== undefined) context.addIssue({ code: 'custom', message: complaint });
    });

const schema = z
  .strictObject({
    ...connectionShape,
    /** One SELECT with `:username`; its result's columns are named in `columns`. Or `table`. */
    query: statement('username').optional(),
    table: table.optional(),
    columns,
    /** One SELECT with `:subject`; the first column of each row is a group. */
    groupsQuery: statement('subject').optional(),
    signInBy: z
      .array(z.enum(['username', 'email']))
      .min(1)
      .max(2)
      .default(['username']),
    nameCase: z.enum(['exact', 'fold']).default('exact'),
    /** `auto` knows hashes by their mark; else a template such as `sha1({salt}{password})`. */
    hash: z
      .string()
      .max(256)
      .default('auto')
      .superRefine((text, context) => {
        const complaint = text === 'auto' ? undefined : complaintOf(() => digestTemplate(text));
        if (complaint !== undefined) context.addIssue({ code: 'custom', message: complaint });
      }),
    pepper: z.string().min(1).max(1_024).optional(),
    keepStrongHash: z.boolean().default(false),
  })
  .refine((settings) => (settings.query === undefined) !== (settings.table === undefined), {
    path: ['query'],
    message: 'either query or table',
  })
  .refine((settings) => !settings.signInBy.includes('email') || settings.columns.email !== undefined, {
    path: ['signInBy'],
    message: 'to sign in by email, columns.email must be said',
  })
  .refine(
    (settings) => settings.hash === 'auto' || !digestUses(settings.hash, 'pepper') || settings.pepper !== undefined,
    {
      path: ['pepper'],
      message: 'the template has a {pepper}',
    },
  )
  .refine(namesItsServer, NAMES_NO_SERVER);
export type DatabaseSettings = z.infer<typeof schema>;

export const databaseSettings: UsersourceSettings<DatabaseSettings> = {
  type: 'database',
  schema,
  secrets: [...CONNECTION_SECRETS, 'pepper'],
  sendsSecretsTo: CONNECTION_TARGET,
  warnings: (settings) => {
    const { hash } = settings;
    const fast = typeof hash === 'string' && hash !== 'auto';
    return [
      ...connectionWarnings(settings),
      ...(fast
        ? [
            `Passwords are stored there as ${hash}, which a thief of the table can guess at billions a second.${
              settings['keepStrongHash'] === true ? '' : ' Set keepStrongHash, and remove the old hashes in time.'
            }`,
          ]
        : []),
    ];
  },
};

function complaintOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'cannot be read';
  }
}

function digestUses(template: string, value: 'pepper'): boolean {
  return complaintOf(() => digestTemplate(template)) === undefined && digestTemplate(template).uses(value);
}
