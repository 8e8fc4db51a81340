import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import { Refusal, type UsersourceRecord } from '@passbroker/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { bind, Visits, type Visit } from '../http/visit.js';
import { BrandUsersources } from './brand-usersources.js';
import { ownDoor } from './door.js';
import { pathOfOurs } from './return-to.js';
import { SignInService } from './sign-in.service.js';

/** Long enough for every token a script ever sent. */
const MAX_QUERY_CHARS = 8_192;

/** To usersources, and back from them. */
@Controller()
export class SsoController {
  constructor(
    private readonly visits: Visits,
    private readonly signIn: SignInService,
    private readonly usersources: BrandUsersources,
  ) {}

  @Get('sso/start/:usersource')
  async start(
    @Param('usersource') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    bind(visit);
    const transaction = visit.query.get('transaction');
    const record = await this.usersources.named(visit, slug);
    const home = record.audience === 'agents' ? '/agent/' : '/login';
    const returnTo = pathOfOurs(visit.query.get('return_to') ?? undefined, visit.brand.origin);
    const door = transaction === null ? ownDoor(home, returnTo) : await this.signIn.applicationDoor(visit, transaction);
    send(reply, await this.signIn.start(visit, door, slug));
  }

  @Get(['sso/:usersource/callback', 'sso/:usersource/multipass'])
  async callback(
    @Param('usersource') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    await this.comeBack(visit, await this.usersources.named(visit, slug), reply);
  }

  /**
   * A post from another site comes without our cookies. So that the browser's own walk is found, it is answered
   * by a redirect to ourselves, which is a navigation of our own.
   */
  @Post(['sso/:usersource/callback', 'sso/:usersource/multipass'])
  async posted(
    @Param('usersource') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    await this.usersources.named(visit, slug);
    const query = new URLSearchParams(formFields(request)).toString();
    if (query.length > MAX_QUERY_CHARS) throw new Refusal('request.too_large', 'longer than any real sign-in message');
    send(reply, { goTo: `${visit.brand.origin}${visit.path}?${query}` });
  }

  @Get('customer/authentication/multipass/callback')
  async desk(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const visit = this.visits.of(request);
    await this.comeBack(visit, await this.usersources.multipass(visit), reply);
  }

  private async comeBack(visit: Visit, record: UsersourceRecord, reply: FastifyReply): Promise<void> {
    // A link checker or a preview must not use up what a person is about to click.
    if (visit.method !== 'GET') throw new Refusal('request.malformed', `${visit.method} on a callback`);
    bind(visit);
    const { rawQuery, ip } = visit;
    if (rawQuery.length > MAX_QUERY_CHARS)
      throw new Refusal('request.too_large', 'longer than any real sign-in message');
    send(reply, await this.signIn.callback(visit, record, { method: 'GET', rawQuery, fields: {}, remoteAddress: ip }));
  }
}
