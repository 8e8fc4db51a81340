import { Controller } from '@nestjs/common';
import { Asked, type Ask } from '../http/ask.js';
import { pageOf } from '../http/pages.js';
import { Operation } from '../openapi/operation.js';
import { sessionFilters, sessionView, sessionWriteQuery } from './session.schema.js';
import { SessionsDesk } from './sessions.desk.js';

const ABOUT_END =
  'It is over with the next request, and so is all that it gave out: codes, refresh tokens, opaque access tokens. A JWT access token is good until it expires, an hour at most.';

@Controller()
export class SessionsController {
  constructor(private readonly desk: SessionsDesk) {}

  @Operation({
    ...{ method: 'get', path: '/v1/sessions', operationId: 'listSessions', tag: 'Sessions', scope: 'sessions:read' },
    query: sessionFilters,
    summary: 'List an account’s sessions',
    description: 'Where somebody is signed in now. Asks the gateway: 503 when none answers.',
    answers: { 200: { description: 'A page, newest first', schema: pageOf(sessionView), headers: ['link'] } },
  })
  list(@Asked() ask: Ask) {
    return this.desk.list(ask);
  }

  @Operation({
    ...{ method: 'get', path: '/v1/sessions/{id}', operationId: 'getSession', tag: 'Sessions', scope: 'sessions:read' },
    summary: 'Read a session',
    answers: { 200: { description: 'The session', schema: sessionView } },
  })
  get(@Asked() ask: Ask) {
    return this.desk.get(ask);
  }

  @Operation({
    ...{ method: 'delete', path: '/v1/sessions/{id}', operationId: 'revokeSession', tag: 'Sessions' },
    ...{ scope: 'sessions:write', query: sessionWriteQuery },
    summary: 'Revoke a session',
    description: ABOUT_END,
    answers: { 204: { description: 'It is over' } },
  })
  end(@Asked() ask: Ask) {
    return this.desk.end(ask);
  }

  @Operation({
    ...{ method: 'delete', path: '/v1/accounts/{id}/sessions', operationId: 'revokeSessions', tag: 'Sessions' },
    ...{ scope: 'sessions:write', query: sessionWriteQuery },
    summary: 'Revoke all sessions of an account',
    description: `${ABOUT_END} Also what earlier sessions gave out for the time when the person is away (\`offline_access\`).`,
    answers: { 204: { description: 'They are over' } },
  })
  endAll(@Asked() ask: Ask) {
    return this.desk.endAll(ask);
  }
}
