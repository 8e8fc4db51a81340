import { z } from 'zod';
import type { CatalogWriter } from '@passbroker/catalog';
import type { Answer } from '../http/answer.js';
import type { Ask } from '../http/ask.js';
import { parseQuery } from '../http/complaints.js';
import { dryRunQuery, isDryRun } from '../http/dry-run.js';
import { Problem } from '../http/problem.js';
import type { WriteLog } from '../records/write-log.js';
import { mustBeAllowed } from './account.kind.js';

export const resetQuery = z.strictObject({ ...dryRunQuery });

/** For somebody who lost their phone and their recovery codes: what they had is taken away, and nothing is seen. */
export class SecondFactorsDesk {
  constructor(
    private readonly writer: Pick<CatalogWriter, 'accounts' | 'removeSecondFactors'>,
    private readonly log: WriteLog,
  ) {}

  async reset(ask: Ask): Promise<Answer> {
    parseQuery(resetQuery, ask.query);
    const account = await this.writer.accounts.get(ask.id);
    if (!account) throw new Problem('resource.not_found');
    mustBeAllowed(ask, account.admin);
    if (isDryRun(ask)) return { status: 204, headers: { 'dry-run': 'true' } };
    await this.writer.removeSecondFactors(account.id);
    this.log.done(ask, 'second_factor.reset', { type: 'account', id: account.id });
    return { status: 204 };
  }
}
