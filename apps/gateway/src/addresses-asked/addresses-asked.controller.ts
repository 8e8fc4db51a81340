import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits, type Visit } from '../http/visit.js';
import { AddressesAsked } from './addresses-asked.service.js';

@Controller('address')
export class AddressesAskedController {
  constructor(
    private readonly visits: Visits,
    private readonly addresses: AddressesAsked,
  ) {}

  @Get(':id')
  async ask(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.addresses.ask(visit, id));
  }

  @Post(':id')
  async mail(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, fields } = this.posted(request);
    send(reply, await this.addresses.mail(visit, id, fields['email'] ?? ''));
  }

  @Post(':id/code')
  async code(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, fields } = this.posted(request);
    send(reply, await this.addresses.code(visit, id, fields['code'] ?? ''));
  }

  private posted(request: FastifyRequest): { visit: Visit; fields: Record<string, string> } {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    return { visit, fields };
  }
}
