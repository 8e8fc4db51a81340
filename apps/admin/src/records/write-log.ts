import type { AuditTrail } from '@passbroker/bus';
import type { Ask } from '../http/ask.js';

/** Tells the audit what was done through the API and by which token: names of what changed, never values. */
export class WriteLog {
  constructor(private readonly audit: Pick<AuditTrail, 'record'>) {}

  done(
    ask: Ask,
    action: string,
    target: { type: string; id: string; brand?: string },
    changed: readonly string[] = [],
  ): void {
    this.audit.record({
      action,
      outcome: { result: 'ok', code: 'ok' },
      actor: { type: 'api_token', id: ask.caller.id },
      targets: [{ type: target.type, id: target.id }],
      context: {
        service: 'admin',
        ip: ask.ip,
        requestId: ask.requestId,
        ...(target.brand === undefined ? {} : { brand: target.brand }),
      },
      ...(changed.length > 0 ? { detail: `changed ${changed.join(', ')}` } : {}),
    });
  }

  refused(ask: Ask, code: string, detail: string): void {
    this.audit.record({
      action: 'admin_api.refused',
      outcome: { result: 'refused', code },
      actor: { type: 'api_token', id: ask.caller.id },
      targets: [{ type: 'path', id: `${ask.method} ${ask.path}` }],
      context: { service: 'admin', ip: ask.ip, requestId: ask.requestId },
      detail,
    });
  }
}
