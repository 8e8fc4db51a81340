import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits, type Visit } from '../http/visit.js';
import { SignInService } from '../sign-in/sign-in.service.js';
import { AccountService } from './account.service.js';
import { LinkingService } from './linking.service.js';
import { backFrom } from './owner.js';

/** Where an agent's account page is, so that they come back by their own door when the session is over. */
@Controller('agent/account')
export class AgentAccountController {
  constructor(
    private readonly visits: Visits,
    private readonly account: AccountService,
  ) {}

  @Get()
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.account.page(visit));
  }
}

@Controller('account')
export class AccountController {
  constructor(
    private readonly visits: Visits,
    private readonly account: AccountService,
    private readonly linking: LinkingService,
    private readonly signIn: SignInService,
  ) {}

  @Get()
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    send(reply, await this.account.page(this.shown(request)));
  }

  /** "Prove that it is you": a sign-in in spite of the session, and back. */
  @Get('confirm')
  async confirm(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.shown(request);
    send(reply, await this.signIn.again(visit, backFrom(visit, visit.query.get('return_to'))));
  }

  @Post('sessions/end')
  async endSessions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, fields } = this.posted(request);
    send(reply, await this.account.endSessions(visit, fields['session'] ?? ''));
  }

  @Post('link')
  async link(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, fields } = this.posted(request);
    send(reply, await this.linking.begin(visit, this.signIn, fields['usersource'] ?? ''));
  }

  @Get('link/:id')
  async askLink(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    send(reply, await this.linking.ask(this.shown(request), id));
  }

  @Post('link/:id')
  async answerLink(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, fields } = this.posted(request);
    send(reply, await this.linking.answer(visit, id, fields['answer'] === 'yes'));
  }

  @Post('unlink')
  async unlink(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, fields } = this.posted(request);
    const answer = await this.linking.unlink(visit, fields['usersource'] ?? '');
    if (answer !== 'last_way') return void send(reply, answer);
    send(reply, await this.account.page(visit, { status: 409, error: visit.texts.account.lastWay }));
  }

  private shown(request: FastifyRequest): Visit {
    const visit = this.visits.of(request);
    bind(visit);
    return visit;
  }

  private posted(request: FastifyRequest): { visit: Visit; fields: Record<string, string> } {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    return { visit, fields };
  }
}
