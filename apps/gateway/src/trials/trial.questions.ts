import { z } from 'zod';
import type { QuestionHandlers } from '@passbroker/bus';
import type { CatalogReader } from '@passbroker/catalog';
import { Refusal } from '@passbroker/model';
import { capabilityOf } from '@passbroker/usersource-policy';
import { TRIAL_SECONDS, type Trials } from './trials.js';

const shape = z.strictObject({ usersource: z.string().min(1).max(128), settingsVersion: z.number().int() });

/**
 * What the admin may ask over the bus:
 *   `usersource.trial { usersource, settingsVersion }` → `{ url, seconds }`, to be opened in a window, or null for a
 *   type that is never gone to
 */
export const trialQuestions = (trials: Trials, catalog: CatalogReader): QuestionHandlers => ({
  'usersource.trial': async (body) => {
    const question = shape.safeParse(body);
    if (!question.success) throw new Refusal('request.malformed', 'which usersource?');
    const record = await catalog.usersource(question.data.usersource);
    if (!record) throw new Refusal('usersource.unknown', 'no such usersource');
    // The gateway may not have heard yet of what the admin has just written.
    if (record.settingsVersion !== question.data.settingsVersion) {
      throw new Refusal('usersource.settings_changed', 'the gateway knows other settings: try again in a moment');
    }
    if (!capabilityOf(record.type).redirect) return null;
    const brand = await catalog.brand(record.brand);
    if (!brand) throw new Refusal('brand.unknown', 'no such brand');
    const ticket = await trials.issue({ usersource: record.id, settingsVersion: record.settingsVersion });
    return { url: `${brand.origin}/sso/start/${record.slug}?trial=${ticket}`, seconds: TRIAL_SECONDS };
  },
});
