import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { Refusal } from '@passbroker/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits, type Visit } from '../http/visit.js';
import { RecoveryService } from './recovery.service.js';

@Controller('recover')
export class RecoveryController {
  constructor(
    private readonly visits: Visits,
    private readonly recovery: RecoveryService,
  ) {}

  @Get()
  page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, this.recovery.page(visit));
  }

  @Post()
  async exchange(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    send(reply, await this.recovery.exchange(visit, fieldOf(request, visit, 'token')));
  }

  @Post('mail')
  async mail(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    send(reply, await this.recovery.mail(visit, fieldOf(request, visit, 'email')));
  }
}

/** Nothing, when the post is not of our page: that too looks like a wrong token. */
function fieldOf(request: FastifyRequest, visit: Visit, name: string): string | undefined {
  try {
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    return fields[name];
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
