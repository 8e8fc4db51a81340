import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard, AuthModuleOptions } from '@nestjs/passport';
import { z } from 'zod';
import { operationOf } from '../openapi/operation.js';
import { Problem } from '../http/problem.js';
import { WriteLog } from '../records/write-log.js';
import { askOf } from '../http/ask.js';
import { allows } from './caller.js';

const REALM = 'Bearer realm="passbroker admin"';
const caller = z.object({ id: z.string(), scopes: z.array(z.string()) });

/** Before every operation that names a scope; an operation that names none is public, one without a shape is a bug. */
@Injectable()
export class ApiTokenGuard extends AuthGuard() {
  constructor(
    @Inject(AuthModuleOptions) options: AuthModuleOptions,
    private readonly reflector: Reflector,
    @Inject(WriteLog) private readonly writes: WriteLog,
  ) {
    super(options);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const { scope } = operationOf(this.reflector, context);
    if (scope === null) return true;
    await super.canActivate(context);
    const ask = askOf(context);
    if (allows(ask.caller.scopes, scope)) return true;
    this.writes.refused(ask, 'scope.insufficient', `needs ${scope}`);
    throw new Problem('scope.insufficient', `this needs the scope ${scope}`, {
      headers: { 'www-authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` },
    });
  }

  override handleRequest<User>(error: unknown, user: User, info: unknown): User {
    if (error) throw error instanceof Error ? error : new Error('the token could not be checked');
    if (caller.safeParse(user).success) return user;
    // RFC 6750, section 3.1: no error code where no token was sent.
    const challenge = info === 'missing' ? REALM : `${REALM}, error="invalid_token"`;
    throw new Problem('token.invalid', undefined, { headers: { 'www-authenticate': challenge } });
  }
}
