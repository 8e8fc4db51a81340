import { z } from 'zod';
import type { PendingChange } from '@passbroker/catalog';

const through = z.array(z.string()).describe('Usersources; an admin who signs in by one of them confirms the change');
const until = z.iso.datetime().describe('Until then the change is live; then it is taken back');

/** In the answer to a write: it is live, and not final. */
export const confirmation = z
  .object({ id: z.string().nullable().describe('Of `/v1/changes/{id}`; null in a dry run'), until, through })
  .optional()
  .describe('The change is live and will be taken back unless an admin signs in by one of these usersources in time');

export const changeView = z
  .object({
    id: z.string(),
    state: z
      .enum(['waiting', 'confirmed', 'withdrawn', 'rolled_back'])
      .describe('`withdrawn`: undone by hand before it was confirmed'),
    usersources: z.array(z.string()).describe('What the change was made to'),
    through,
    at: z.iso.datetime(),
    until,
    decidedAt: z.iso.datetime().nullable(),
    actor: z.string().describe('The API token that made the change'),
    confirmedBy: z.string().nullable().describe('The account that signed in'),
  })
  .meta({ id: 'Change' });

export const viewOf = (change: PendingChange): z.infer<typeof changeView> => ({
  id: change.id,
  state: change.state,
  usersources: Object.keys(change.before).sort(),
  through: change.ways,
  at: change.at.toISOString(),
  until: change.until.toISOString(),
  decidedAt: change.decidedAt?.toISOString() ?? null,
  actor: change.actor,
  confirmedBy: change.decidedBy,
});
