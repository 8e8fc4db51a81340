import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits } from '../http/visit.js';
import { PasswordSignIn } from './password-sign-in.js';
import { CompletionService } from './completion.service.js';
import { SignInService } from './sign-in.service.js';

/** An application's walk, handed over by the minter. */
@Controller('sign-in')
export class SignInController {
  constructor(
    private readonly visits: Visits,
    private readonly signIn: SignInService,
    private readonly completion: CompletionService,
    private readonly password: PasswordSignIn,
  ) {}

  @Get(':transaction')
  async page(
    @Param('transaction') transaction: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.signIn.enter(visit, await this.completion.applicationDoor(visit, transaction)));
  }

  @Post(':transaction')
  async submit(
    @Param('transaction') transaction: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    const door = await this.completion.applicationDoor(visit, transaction);
    send(reply, await this.password.submit(visit, door, fields));
  }
}
