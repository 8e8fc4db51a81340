import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits, type Visit } from '../http/visit.js';
import { CompletionService } from '../sign-in/completion.service.js';
import { SignInService } from '../sign-in/sign-in.service.js';
import { OwnershipService } from './ownership.service.js';

@Controller('link')
export class OwnershipController {
  constructor(
    private readonly visits: Visits,
    private readonly ownership: OwnershipService,
    private readonly signIn: SignInService,
    private readonly completion: CompletionService,
  ) {}

  @Get(':id')
  async ask(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    send(reply, await this.ownership.ask(this.shown(request), id));
  }

  @Get(':id/sign-in')
  async proveBySignIn(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    send(reply, await this.ownership.signIn(this.shown(request), id, this.signIn));
  }

  @Post(':id')
  async answer(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, fields } = this.posted(request);
    send(reply, await this.ownership.answer(visit, id, fields['answer'] === 'yes', this.completion));
  }

  @Post(':id/mail')
  async mail(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit } = this.posted(request);
    send(reply, await this.ownership.mail(visit, id));
  }

  @Post(':id/code')
  async code(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, fields } = this.posted(request);
    send(reply, await this.ownership.code(visit, id, fields['code'] ?? '', this.completion));
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
