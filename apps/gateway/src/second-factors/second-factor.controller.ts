import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits, type Visit } from '../http/visit.js';
import type { Destination } from '../sign-in/walks.js';
import { ChallengeService } from './challenge.service.js';
import { destinationOf } from './destination.js';
import { EnrolmentService } from './enrolment.service.js';

@Controller('second-factor')
export class SecondFactorController {
  constructor(
    private readonly visits: Visits,
    private readonly challenge: ChallengeService,
    private readonly enrolment: EnrolmentService,
  ) {}

  @Get()
  async ask(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, to } = this.shown(request);
    send(reply, await this.challenge.ask(visit, to, visit.query.get('with') === 'recovery'));
  }

  @Post()
  async answer(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, to, fields } = this.posted(request);
    send(reply, await this.challenge.answer(visit, to, fields));
  }

  @Get('app')
  async app(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, to } = this.shown(request);
    send(reply, await this.enrolment.app(visit, to));
  }

  @Post('app')
  async confirmApp(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, to, fields } = this.posted(request);
    send(reply, await this.enrolment.confirmApp(visit, to, fields));
  }

  @Get('passkey')
  async passkey(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, to } = this.shown(request);
    send(reply, await this.enrolment.passkey(visit, to));
  }

  @Post('passkey')
  async addPasskey(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, to, fields } = this.posted(request);
    send(reply, await this.enrolment.addPasskey(visit, to, fields));
  }

  @Post('recovery-codes')
  async renewCodes(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, to } = this.posted(request);
    send(reply, await this.enrolment.renewCodes(visit, to));
  }

  @Post('remove')
  async remove(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { visit, to, fields } = this.posted(request);
    send(reply, await this.enrolment.remove(visit, to, fields));
  }

  private shown(request: FastifyRequest): { visit: Visit; to: Destination } {
    const visit = this.visits.of(request);
    bind(visit);
    return { visit, to: destinationOf(visit, Object.fromEntries(visit.query)) };
  }

  private posted(request: FastifyRequest): { visit: Visit; to: Destination; fields: Record<string, string> } {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    return { visit, to: destinationOf(visit, fields), fields };
  }
}
