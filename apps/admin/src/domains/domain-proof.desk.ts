import { z } from 'zod';
import { WriteConflict, type CatalogWriter } from '@passbroker/catalog';
import type { Clock, Logger } from '@passbroker/platform';
import { ok, type Answer } from '../http/answer.js';
import type { Ask } from '../http/ask.js';
import { parseBody, parseQuery } from '../http/complaints.js';
import { isDryRun } from '../http/dry-run.js';
import { etagOf } from '../http/precondition.js';
import { Problem } from '../http/problem.js';
import type { WriteLog } from '../records/write-log.js';
import { domainViewOf, recordOf } from './domain.kind.js';
import { domainWriteQuery } from './domain.schema.js';
import type { TxtRecords } from './txt-records.js';

export const proofAsked = z.strictObject({}).meta({ id: 'DomainProof' });

/** Looks into a domain's DNS for the record that only its owner can have put there. */
export class DomainProofDesk {
  constructor(
    private readonly writer: Pick<CatalogWriter, 'domains' | 'domainVerified'>,
    private readonly txtRecords: TxtRecords,
    private readonly parts: { now: Clock; log: Logger; written: WriteLog },
  ) {}

  async verify(ask: Ask): Promise<Answer> {
    parseQuery(domainWriteQuery, ask.query);
    parseBody(proofAsked, ask.body ?? {});
    const domain = await this.writer.domains.get(ask.id);
    if (!domain) throw new Problem('resource.not_found');
    if (domain.verified) return ok(domainViewOf(domain), { etag: etagOf(domain.revision) });
    const record = recordOf(domain);
    if (!(await this.#texts(record.name)).includes(record.value)) {
      const detail = `${record.name} has no TXT record ${record.value}`;
      this.parts.written.refused(ask, 'domain.unproven', detail);
      throw new Problem('domain.unproven', detail);
    }
    const verified = await this.writer
      .domainVerified(domain.id, this.parts.now(), { dryRun: isDryRun(ask) })
      .catch((error: unknown) => {
        throw error instanceof WriteConflict ? new Problem('resource.not_found') : error;
      });
    if (!isDryRun(ask)) {
      this.parts.written.done(ask, 'domain.verified', { type: 'domain', id: domain.id }, ['/verified']);
    }
    const headers: Record<string, string> = isDryRun(ask) ? { 'dry-run': 'true' } : {};
    return ok(domainViewOf(verified), { etag: etagOf(verified.revision), ...headers });
  }

  async #texts(name: string): Promise<string[]> {
    try {
      return await this.txtRecords(name);
    } catch (error) {
      this.parts.log.warn({ err: String(error), name }, 'the DNS does not answer');
      throw new Problem('service.unavailable', `the DNS did not answer for ${name}`);
    }
  }
}
