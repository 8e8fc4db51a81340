import { WriteConflict } from './catalog.js';
import { StatementFailed } from './sql.js';

const UNIQUE = '23505';
const FOREIGN = '23503';
const CHECK = '23514';

/** Constraints are named `<table>__<member>` or `<table>__<member>_form`. */
const memberOf = (constraint: string): string => {
  const name = constraint.split('__')[1]?.replace(/_form$/, '') ?? constraint;
  return name === 'is_default' ? 'slug' : name;
};

/** What a writer can be told of a refused statement; anything else stays the bug it is. */
export function conflictOf(error: unknown, deleting = false): unknown {
  if (!(error instanceof StatementFailed)) return error;
  if (error.code === UNIQUE) return new WriteConflict('unique', memberOf(error.constraint));
  if (error.code === FOREIGN) return new WriteConflict(deleting ? 'in_use' : 'missing', memberOf(error.constraint));
  if (error.code === CHECK && error.constraint.endsWith('_form')) {
    return new WriteConflict('unique', memberOf(error.constraint));
  }
  return error;
}
