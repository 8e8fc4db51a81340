import { z } from 'zod';
import { standIn } from '../addresses/stand-in.js';
import type { UsersourceSettings } from '../usersource.js';

const text = z.string().min(1).max(512);

/** What a public provider must be told: which app of ours asks. */
export const publicProviderShape = z.strictObject({
  clientId: text,
  clientSecret: z.string().min(1).max(1_024),
  standIn,
});
export type PublicProviderSettings = z.infer<typeof publicProviderShape>;

export const publicProviderSettings = (type: string): UsersourceSettings<PublicProviderSettings> => ({
  type,
  schema: publicProviderShape,
  secrets: ['clientSecret'],
  sendsSecretsTo: ['standIn'],
});
