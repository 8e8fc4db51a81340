import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits } from '../http/visit.js';
import { SwitchService } from './switch.service.js';

@Controller('sso/continue')
export class SwitchController {
  constructor(
    private readonly visits: Visits,
    private readonly switches: SwitchService,
  ) {}

  @Get(':id')
  async ask(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.switches.ask(visit, id));
  }

  @Post(':id')
  async answer(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    send(reply, await this.switches.answer(visit, id, fields['answer'] === 'yes'));
  }
}
