import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits } from '../http/visit.js';
import { ChangePassword } from './change-password.js';
import { LostPassword } from './lost-password.js';

const LOST = ['lost-password', 'agent/lost-password', 'admin/lost-password'];
const LINKS = LOST.map((path) => `${path}/:link`);
const CHANGE = ['change-password', 'agent/change-password', 'admin/change-password'];

@Controller()
export class PasswordController {
  constructor(
    private readonly visits: Visits,
    private readonly lost: LostPassword,
    private readonly change: ChangePassword,
  ) {}

  @Get(LOST)
  async ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.lost.ask(visit));
  }

  @Post(LOST)
  async requested(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    send(reply, await this.lost.requested(visit, fields));
  }

  @Get(LINKS)
  async open(@Param('link') link: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.lost.open(visit, link));
  }

  @Post(LINKS)
  async finish(@Param('link') link: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    send(reply, await this.lost.finish(visit, link, fields));
  }

  @Get(CHANGE)
  async askChange(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.change.ask(visit));
  }

  @Post(CHANGE)
  async finishChange(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    send(reply, await this.change.finish(visit, fields));
  }
}
