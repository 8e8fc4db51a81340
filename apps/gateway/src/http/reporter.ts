import type { Counter } from 'prom-client';
import type { AuditEvent, Refusal, RefusalCode } from '@passbroker/model';
import type { Logger } from '@passbroker/platform';
import type { KeysChanged } from '@passbroker/usersources';
import { newReference } from './reference.js';
import type { Visit } from './visit.js';

/** All that the gateway needs of the audit trail. */
export interface Audit {
  record(event: Omit<AuditEvent, 'id' | 'at'>): void;
}

/** Whom and what a refusal was about, as far as it was known. */
export interface About {
  usersource?: string;
  account?: string;
  application?: string;
  change?: string;
}

/** Noise of the open internet: logged, but no event that an admin should page through. */
const NOT_AUDITED: ReadonlySet<RefusalCode> = new Set(['brand.unknown', 'request.malformed', 'request.too_large']);

/** Three readers, three texts: what is said here is for the log and the admin; the person gets the reference. */
export class Reporter {
  constructor(private readonly parts: { log: Logger; audit: Audit; signIns: Counter }) {}

  refused(refusal: Refusal, visit: Visit | undefined, about: About = {}): string {
    const reference = newReference();
    const { code, detail } = refusal;
    const context = { brand: visit?.brand.slug, ip: visit?.ip, requestId: visit?.requestId };
    this.parts.log.info({ refusal: code, detail, reference, ...about, ...context }, 'refused');
    this.parts.signIns.inc({ outcome: code });
    if (!NOT_AUDITED.has(code)) {
      this.parts.audit.record({
        action: 'sign_in.refused',
        outcome: { result: 'refused', code },
        reference,
        actor: { type: 'visitor' },
        targets: targets(about),
        context: { service: 'gateway', ...context },
        detail,
      });
    }
    return reference;
  }

  completed(visit: Visit, account: string, about: About): void {
    this.parts.signIns.inc({ outcome: 'completed' });
    this.parts.audit.record({
      action: 'sign_in.completed',
      outcome: { result: 'ok', code: 'completed' },
      actor: { type: 'account', id: account },
      targets: targets({ ...about, account }),
      context: { service: 'gateway', brand: visit.brand.slug, ip: visit.ip, requestId: visit.requestId },
    });
  }

  /** Somebody changed something of their own account. `action` is of the audit's form, `<thing>.<verb in the past>`. */
  changed(visit: Visit, action: string, account: string, about: About = {}): void {
    this.parts.audit.record({
      action,
      outcome: { result: 'ok', code: 'changed' },
      actor: { type: 'account', id: account },
      targets: targets({ ...about, account }),
      context: { service: 'gateway', brand: visit.brand.slug, ip: visit.ip, requestId: visit.requestId },
    });
  }

  /** A usersource's settings brought somebody back whom it named: nobody of ours acted. */
  proven(visit: Visit, usersource: string): void {
    this.parts.audit.record({
      action: 'usersource.proven',
      outcome: { result: 'ok', code: 'proven' },
      targets: targets({ usersource }),
      context: { service: 'gateway', brand: visit.brand.slug, ip: visit.ip, requestId: visit.requestId },
    });
  }

  /** An upstream names other keys than before: who came by it next noticed, and has nothing to do with it. */
  keysChanged(usersource: string, { added, removed }: KeysChanged): void {
    this.parts.audit.record({
      action: 'usersource.keys_changed',
      outcome: { result: 'ok', code: 'changed' },
      targets: targets({ usersource }),
      context: { service: 'gateway' },
      detail: [...added.map((key) => `new: ${key}`), ...removed.map((key) => `gone: ${key}`)].join('; '),
    });
  }

  ended(visit: Visit, account: string): void {
    this.parts.audit.record({
      action: 'session.ended',
      outcome: { result: 'ok', code: 'signed_out' },
      actor: { type: 'account', id: account },
      targets: targets({ account }),
      context: { service: 'gateway', brand: visit.brand.slug, ip: visit.ip, requestId: visit.requestId },
    });
  }

  failed(error: unknown, visit: Visit | undefined): string {
    const reference = newReference();
    const err =
      error instanceof Error ? { name: error.name, message: error.message, stack: error.stack } : String(error);
    this.parts.log.error({ err, reference, requestId: visit?.requestId }, 'a request failed');
    return reference;
  }
}

function targets(about: About): { type: string; id: string }[] {
  return Object.entries(about).flatMap(([type, id]) => (typeof id === 'string' ? [{ type, id }] : []));
}
