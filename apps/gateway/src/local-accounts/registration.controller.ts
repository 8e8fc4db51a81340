import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits } from '../http/visit.js';
import { Registration } from './registration.js';

/** Agents are made by admins: their surfaces have this path only to say that there is nothing. */
const REGISTER = ['register', 'agent/register', 'admin/register'];
const LINKS = REGISTER.map((path) => `${path}/:link`);

@Controller()
export class RegistrationController {
  constructor(
    private readonly visits: Visits,
    private readonly registration: Registration,
  ) {}

  @Get(REGISTER)
  async ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.registration.ask(visit));
  }

  @Post(REGISTER)
  async requested(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    send(reply, await this.registration.requested(visit, fields));
  }

  @Get(LINKS)
  async open(@Param('link') link: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.registration.open(visit, link));
  }

  @Post(LINKS)
  async finish(@Param('link') link: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    send(reply, await this.registration.finish(visit, link, fields));
  }
}
