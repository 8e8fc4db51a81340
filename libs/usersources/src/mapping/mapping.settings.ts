import { z } from 'zod';
import type { UsersourceMapping } from '@passbroker/model';
import { compile, ExpressionError, LONGEST_EXPRESSION, type Wanted } from './expression.js';

export { isReservedGroup } from './reserved-groups.js';

const MOST_ATTRIBUTES = 50;

const expression = (about: string) => z.string().trim().min(1).max(LONGEST_EXPRESSION).describe(about);

const attributeName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'begins with a letter, then letters, digits, _ . -')
  .refine((name) => !['__proto__', 'constructor', 'prototype'].includes(name), 'is no name for an attribute');

/** The members of a usersource's record that say what becomes of what it says. */
export const mappingShape = z.strictObject({
  name: expression('The person’s name').optional(),
  email: expression('Their address. Verified only where it is the one that the usersource vouches for').optional(),
  username: expression('Their username, unless it is somebody’s already').optional(),
  groups: expression('A list of names. Reserved ones (`admins`, `agents`…) are left out').optional(),
  attributes: z
    .record(attributeName, expression('A text'))
    .refine((all) => Object.keys(all).length <= MOST_ATTRIBUTES, `at most ${MOST_ATTRIBUTES}`)
    .default({})
    .describe('Whatever else applications shall be told'),
});

export const filterShape = expression('Who is let in: true or false. Asked at every sign-in, of people known here too');

export interface MappingComplaint {
  path: string[];
  message: string;
}

/** What is wrong with expressions, as their writer should be told. */
export function mappingComplaints(mapping: UsersourceMapping, filter: string | null): MappingComplaint[] {
  return expressionsOf(mapping, filter).flatMap(({ path, text, wanted }) => {
    try {
      compile(text, wanted);
      return [];
    } catch (error) {
      if (error instanceof ExpressionError) return [{ path, message: error.message }];
      throw error;
    }
  });
}

export function expressionsOf(
  { name, email, username, groups, attributes }: UsersourceMapping,
  filter: string | null,
): { path: string[]; text: string; wanted: Wanted }[] {
  const all: [string[], string | null | undefined, Wanted][] = [
    [['filter'], filter, 'bool'],
    [['mapping', 'name'], name, 'text'],
    [['mapping', 'email'], email, 'text'],
    [['mapping', 'username'], username, 'text'],
    [['mapping', 'groups'], groups, 'texts'],
    ...Object.entries(attributes).map(([key, text]): [string[], string, Wanted] => [
      ['mapping', 'attributes', key],
      text,
      'text',
    ]),
  ];
  return all.flatMap(([path, text, wanted]) => (text ? [{ path, text, wanted }] : []));
}
