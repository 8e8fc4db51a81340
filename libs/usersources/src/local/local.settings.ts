import { z } from 'zod';
import type { UsersourceSettings } from '../usersource.js';

const schema = z.strictObject({});
export type LocalSettings = z.infer<typeof schema>;

/** Built-in accounts need no settings: everything about them is in the catalog. */
export const localSettings: UsersourceSettings<LocalSettings> = { type: 'local', schema, secrets: [] };
