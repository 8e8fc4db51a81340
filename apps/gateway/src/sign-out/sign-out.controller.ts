import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits } from '../http/visit.js';
import { Pages } from '../pages/pages.js';
import { SignOutService } from './sign-out.service.js';

/** `/customer/logout` is where Desk's customers linked to. */
const LOGOUT = ['logout', 'agent/logout', 'admin/logout', 'customer/logout'];

@Controller()
export class SignOutController {
  constructor(
    private readonly visits: Visits,
    private readonly signOut: SignOutService,
    private readonly pages: Pages,
  ) {}

  @Get(LOGOUT)
  async ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.signOut.ask(visit));
  }

  @Post(LOGOUT)
  async answer(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    send(reply, await this.signOut.answer(visit, fields));
  }

  @Get('signed-out')
  signedOut(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, { show: this.pages.signedOut(visit), status: 200 });
  }
}
