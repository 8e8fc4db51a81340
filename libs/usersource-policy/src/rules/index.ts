import { pathRules } from './paths.js';
import { redirectRules } from './redirects.js';
import { requestRules } from './requests.js';
import { sessionRules } from './sessions.js';
import type { Rule } from './rule.js';

export type { Rule } from './rule.js';

/** The decision table: 27 rows, first match wins. */
export const RULES: readonly Rule[] = [...pathRules, ...sessionRules, ...requestRules, ...redirectRules];
