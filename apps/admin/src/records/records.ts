import type { Answer } from '../http/answer.js';
import type { Ask } from '../http/ask.js';

/** What a controller sees of a shelf. */
export interface Records {
  list(ask: Ask): Promise<Answer>;
  get(ask: Ask): Promise<Answer>;
  create(ask: Ask): Promise<Answer>;
  replace(ask: Ask): Promise<Answer>;
  patch(ask: Ask): Promise<Answer>;
  remove(ask: Ask): Promise<Answer>;
}

/** Names by which Nest hands the shelves in. */
export const BRANDS = Symbol('brands');
export const USERSOURCES = Symbol('usersources');
export const APPLICATIONS = Symbol('applications');
export const ACCOUNTS = Symbol('accounts');
export const DOMAINS = Symbol('domains');
export const API_TOKENS = Symbol('api tokens');
