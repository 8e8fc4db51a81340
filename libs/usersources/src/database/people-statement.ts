import type { Dialect } from '../sql/connection.settings.js';
import { parseStatement, type Statement } from '../sql/index.js';
import type { DatabaseSettings } from './database.settings.js';

const QUOTES: Readonly<Record<Dialect, readonly [string, string]>> = {
  postgres: ['"', '"'],
  oracle: ['"', '"'],
  mariadb: ['`', '`'],
  mysql: ['`', '`'],
  sqlserver: ['[', ']'],
};

/** The admin's own query, or one over a table and columns, whose names the schema has checked letter by letter. */
export function peopleStatement(settings: DatabaseSettings): Statement {
  const { query, table = '', columns, signInBy, dialect, nameCase } = settings;
  if (query !== undefined) return parseStatement(query, ['username']);
  const [open, close] = QUOTES[dialect];
  const quoted = (name: string) => `${open}${name}${close}`;
  const wanted = [...new Set([...Object.values(columns).filter(isName), ...Object.values(columns.attributes)])];
  const names = signInBy.map((by) => quoted((by === 'email' ? columns.email : columns.username) ?? ''));
  const match = names.map((name) =>
    nameCase === 'fold' ? ['lower(', name, ') = lower(', ')'] : ['', name, ' = ', ''],
  );
  const select = `select ${wanted.map(quoted).join(', ')} from ${table.split('.').map(quoted).join('.')} where `;
  const texts = match.map(([before, name, after], index) => {
    const lead = index === 0 ? select : `${match[index - 1]?.[3] ?? ''} or `;
    return `${lead}${before}${name}${after}`;
  });
  return { texts: [...texts, match.at(-1)?.[3] ?? ''], names: names.map(() => 'username') };
}

const isName = (value: unknown): value is string => typeof value === 'string';
