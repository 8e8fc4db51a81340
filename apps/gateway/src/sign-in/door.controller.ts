import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { demandSameOrigin } from '../http/same-origin.js';
import { bind, Visits } from '../http/visit.js';
import { ownDoor } from './door.js';
import { PasswordSignIn } from './password-sign-in.js';
import { pathOfOurs } from './return-to.js';
import { SignInService } from './sign-in.service.js';

const LOGIN = ['login', 'agent/login', 'admin/login'];

/** The brand's own pages: portal, agents and admins, and their sign-in forms. */
@Controller()
export class DoorController {
  constructor(
    private readonly visits: Visits,
    private readonly signIn: SignInService,
    private readonly password: PasswordSignIn,
  ) {}

  @Get(['/', 'agent', 'agent/*', 'admin', 'admin/*'])
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    send(reply, await this.signIn.enter(visit, ownDoor(visit.path, pathOfOurs(visit.path, visit.brand.origin))));
  }

  @Get(LOGIN)
  async login(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    const returnTo = pathOfOurs(visit.query.get('return_to') ?? undefined, visit.brand.origin);
    send(reply, await this.signIn.enter(visit, ownDoor(visit.path, returnTo)));
  }

  @Post(LOGIN)
  async submit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    const fields = formFields(request);
    demandSameOrigin(visit, request.headers, fields['form_token']);
    const returnTo = pathOfOurs(fields['return_to'], visit.brand.origin);
    send(reply, await this.password.submit(visit, ownDoor(visit.path, returnTo), fields));
  }
}
