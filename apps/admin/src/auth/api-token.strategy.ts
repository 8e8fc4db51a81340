import passport from 'passport';
import type { Caller } from './caller.js';

/** All that a strategy needs to see of a request. */
interface Headed {
  headers: Record<string, string | string[] | undefined>;
}

/**
 * A bearer token, from the Authorization header and nowhere else: unlike the published bearer strategies this one
 * does not look at `?access_token=` or a form field, for URLs end up in logs (ADM-020).
 */
export class ApiTokenStrategy extends passport.Strategy {
  constructor(private readonly callerOf: (token: string) => Promise<Caller | undefined>) {
    super();
  }

  override authenticate(request: Headed): void {
    const header = request.headers['authorization'];
    const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i.exec(typeof header === 'string' ? header : '') ?? [];
    if (token === undefined) return this.fail('missing', 401);
    this.callerOf(token).then(
      (caller) => (caller ? this.success(caller) : this.fail('invalid', 401)),
      (error: unknown) => this.error(error),
    );
  }
}
