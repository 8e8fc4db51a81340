import { z } from 'zod';
import type { QuestionHandlers } from '@passbroker/bus';
import type { CatalogReader } from '@passbroker/catalog';
import { Refusal } from '@passbroker/model';
import type { HealthBoard } from './health-board.js';
import type { OpenUsersources } from './open-usersources.js';
import { inWords } from './probe.js';

const shape = z.strictObject({
  usersource: z.string().min(1).max(128),
  settingsVersion: z.number().int(),
  username: z.string().min(1).max(320).optional(),
});

/**
 * What the admin may ask over the bus: `usersource.probe { usersource, settingsVersion, username? }` →
 * `{ state, steps: [{ step, ok, detail }], ms }`. It runs here, because only the gateway can open the secrets and
 * because what counts is whether the gateway reaches it. A usersource that is switched off is tried too.
 */
export const usersourceQuestions = (
  usersources: OpenUsersources,
  board: HealthBoard,
  catalog: CatalogReader,
): QuestionHandlers => ({
  'usersource.probe': async (body) => {
    const question = shape.safeParse(body);
    if (!question.success) throw new Refusal('request.malformed', 'which usersource, and for whom?');
    const { usersource, settingsVersion, username } = question.data;
    const record = await catalog.usersource(usersource);
    if (!record) throw new Refusal('usersource.unknown', 'no such usersource');
    if (record.settingsVersion !== settingsVersion) {
      throw new Refusal('usersource.settings_changed', 'the gateway knows other settings: try again in a moment');
    }
    const brand = await catalog.brand(record.brand);
    if (!brand) throw new Refusal('brand.unknown', 'no such brand');
    const began = performance.now();
    const health = await usersources.probe(record, brand, username === undefined ? undefined : { username });
    // What is wrong with one person says nothing of the usersource; nor does a page that only browsers need to reach.
    if (record.enabled && username === undefined && usersources.watched().includes(record.id))
      await board.report(record, health.state, inWords(health));
    return { ...health, ms: Math.round(performance.now() - began) };
  },
});
