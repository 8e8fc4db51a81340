import { z } from 'zod';
import type { Questions } from '@passbroker/bus';
import type { CatalogWriter } from '@passbroker/catalog';
import { Refusal } from '@passbroker/model';
import { ok, type Answer } from '../http/answer.js';
import { answered } from '../http/answered.js';
import type { Ask } from '../http/ask.js';
import { parseBody, parseQuery } from '../http/complaints.js';
import { dryRunQuery, isDryRun } from '../http/dry-run.js';
import { Problem } from '../http/problem.js';
import type { WriteLog } from '../records/write-log.js';

/** The gateway gives the upstream twenty seconds; the answer has to come back too. */
const ANSWER_MS = 25_000;
/** News of what was just written are on their way to the gateway. */
const NEWS_MS = 400;
const TRIES = 4;

export const testAsked = z
  .strictObject({
    username: z
      .string()
      .trim()
      .min(1)
      .max(320)
      .optional()
      .describe('Somebody to be looked for, as they would type their name. Their password is not asked for'),
  })
  .meta({ id: 'UsersourceTestRequest' });

const step = z.object({
  step: z.string().describe('What was tried'),
  ok: z.boolean(),
  detail: z.string().describe('What was sent and what came back, without secrets'),
});
const health = z.object({ state: z.enum(['ok', 'down']), steps: z.array(step), ms: z.number() });
const trial = z.object({ url: z.string(), seconds: z.number() });

export const testResult = z
  .object({
    state: z.enum(['ok', 'down', 'unknown']).describe('`unknown` on a dry run: nothing was tried'),
    steps: z.array(step).describe('In order; what comes after a step that failed was not tried'),
    ms: z.number(),
    trial: trial
      .nullable()
      .describe(
        'For types that people are sent to: an address to open in a window within `seconds`, signing nobody in',
      ),
  })
  .meta({ id: 'UsersourceTest' });

export const testQuery = z.strictObject({ ...dryRunQuery });

/** "Test connection": asked of the gateway, which alone can open the secrets, and which must reach the upstream. */
export class UsersourceTestDesk {
  constructor(
    private readonly writer: Pick<CatalogWriter, 'usersources'>,
    private readonly questions: Pick<Questions, 'ask'>,
    private readonly log: WriteLog,
  ) {}

  async run(ask: Ask): Promise<Answer> {
    parseQuery(testQuery, ask.query);
    const { username } = parseBody(testAsked, ask.body ?? {});
    const record = await this.writer.usersources.get(ask.id);
    if (!record) throw new Problem('resource.not_found');
    if (isDryRun(ask)) {
      return { ...ok({ state: 'unknown', steps: [], ms: 0, trial: null }), headers: { 'dry-run': 'true' } };
    }
    const { id: usersource, settingsVersion } = record;
    const about = { usersource, settingsVersion };
    const tried = answered(health, await this.#ask('usersource.probe', { ...about, ...(username && { username }) }));
    const window = answered(trial.nullable(), await this.#ask('usersource.trial', about));
    this.log.done(ask, 'usersource.tested', { type: 'usersource', id: usersource, brand: record.brand }, [tried.state]);
    return ok({ ...tried, trial: window });
  }

  async #ask(type: string, body: object, triesLeft = TRIES): Promise<unknown> {
    try {
      return await this.questions.ask('gateway', type, body, ANSWER_MS);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 'usersource.misconfigured' || error.code === 'secret.unreadable') {
        // The settings could not even be opened: that is what was asked.
        return { state: 'down', steps: [{ step: 'settings', ok: false, detail: error.detail }], ms: 0 };
      }
      const behind = error.code === 'usersource.settings_changed' || error.code === 'usersource.unknown';
      if (!behind || triesLeft <= 1) throw error;
      await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
      return this.#ask(type, body, triesLeft - 1);
    }
  }
}
