import { Refusal } from '@passbroker/model';
import { cell, flag, list, trimmed, type Row } from '../sql/index.js';
import type { DatabaseSettings } from './database.settings.js';

const MAX_SUBJECT_CHARS = 255;

export interface Person {
  subject: string;
  username: string;
  /** As stored; undefined when the table holds none (any more). */
  passwordHash?: string;
  salt: string;
  disabled: boolean;
  email?: string;
  emailVerified: boolean;
  name?: string;
  groups: string[];
  attributes: Record<string, string>;
}

/** @throws Refusal usersource.misconfigured when a column is missing or says nothing that can be read */
export function personOf(row: Row, columns: DatabaseSettings['columns']): Person {
  const optional = (column: string | undefined) => (column === undefined ? undefined : trimmed(row, column));
  const subject = trimmed(row, columns.subject);
  const username = trimmed(row, columns.username);
  if (subject === undefined || username === undefined || subject.length > MAX_SUBJECT_CHARS) {
    throw new Refusal('usersource.misconfigured', 'a row without a subject or without a name, or with too long a one');
  }
  const passwordHash = trimmed(row, columns.passwordHash);
  const [email, name] = [optional(columns.email), optional(columns.name)];
  const attributes = Object.entries(columns.attributes).flatMap(([key, column]) => {
    const value = trimmed(row, column);
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    subject,
    username,
    ...(passwordHash !== undefined && { passwordHash }),
    salt: columns.salt === undefined ? '' : (cell(row, columns.salt) ?? ''),
    disabled:
      (columns.disabled !== undefined && flag(row, columns.disabled)) ||
      (columns.enabled !== undefined && !flag(row, columns.enabled)),
    ...(email !== undefined && { email }),
    emailVerified: columns.emailVerified !== undefined && flag(row, columns.emailVerified),
    ...(name !== undefined && { name }),
    groups: columns.groups === undefined ? [] : list(row, columns.groups),
    attributes: Object.fromEntries(attributes),
  };
}

/** What the row said, for the admin's mapping and filter: everything but the hash and its salt. */
export function saidOf(person: Person, groups: readonly string[], scheme: { name: string; weak: boolean }) {
  const { subject, username, email, emailVerified, name, attributes } = person;
  return {
    ...{ subject, username, groups: [...groups], attributes, emailVerified },
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    passwordScheme: scheme.name,
    passwordWeak: scheme.weak,
  };
}
