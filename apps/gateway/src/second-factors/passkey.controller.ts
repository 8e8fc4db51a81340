import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits, type Visit } from '../http/visit.js';
import { ownDoor, type Door } from '../sign-in/door.js';
import { CompletionService } from '../sign-in/completion.service.js';
import { destinationOf } from './destination.js';
import { PasskeySignIn } from './passkey-sign-in.js';

const PASSKEY = ['passkey', 'agent/passkey', 'admin/passkey'];

@Controller()
export class PasskeyController {
  constructor(
    private readonly visits: Visits,
    private readonly passkey: PasskeySignIn,
    private readonly completion: CompletionService,
  ) {}

  @Get(PASSKEY)
  async ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.passkey.ask(visit, await this.door(visit, Object.fromEntries(visit.query))));
  }

  @Post(PASSKEY)
  async answer(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    send(reply, await this.passkey.answer(visit, await this.door(visit, fields), fields['credential']));
  }

  /** The sign-in page this stands for: of an application's walk, or of our own surface. */
  private async door(visit: Visit, fields: Readonly<Record<string, string>>): Promise<Door> {
    const to = destinationOf(visit, fields);
    if ('transaction' in to) return this.completion.applicationDoor(visit, to.transaction);
    const login = visit.path.replace(/passkey$/, 'login');
    return ownDoor(login, fields['return_to'] === undefined ? undefined : to.returnTo);
  }
}
