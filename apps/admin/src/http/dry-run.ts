import { flag } from './pages.js';
import type { Ask } from './ask.js';

export const dryRunQuery = {
  dryRun: flag.optional().describe('Everything is checked and answered as if it were done, and nothing is done'),
};

/** Only the word `true`: anything else that stands there is refused when the query is parsed. */
export const isDryRun = (ask: Ask): boolean =>
  typeof ask.query === 'object' && ask.query !== null && 'dryRun' in ask.query && ask.query.dryRun === 'true';
