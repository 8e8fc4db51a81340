import { Controller, Get, Header, Param, Post, Req, Res } from '@nestjs/common';
import { Refusal, type UsersourceRecord } from '@passbroker/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { formFields } from '../http/form.js';
import { Negotiate } from '../negotiate/negotiate.js';
import { bind, Visits, type Visit } from '../http/visit.js';
import { UpstreamSignOutService } from '../sign-out/upstream-sign-out.service.js';
import { TrialService } from '../trials/trial.service.js';
import { OpenUsersources } from '../usersources/open-usersources.js';
import { ArrivalService } from './arrival.service.js';
import { BrandUsersources } from './brand-usersources.js';
import { CompletionService } from './completion.service.js';
import { ownDoor } from './door.js';
import { PostedReplies } from './posted-replies.js';
import type { RawReply } from './reply.js';
import { pathOfOurs } from './return-to.js';
import { SignInService } from './sign-in.service.js';

/** Long enough for every token a script ever sent, and for a SAML response by redirect. */
const MAX_QUERY_CHARS = 8_192;

const BACK = ['sso/:usersource/callback', 'sso/:usersource/acs', 'sso/:usersource/jwt', 'sso/:usersource/multipass'];

/** To usersources, and back from them. */
@Controller()
export class SsoController {
  constructor(
    private readonly visits: Visits,
    private readonly signIn: SignInService,
    private readonly arrival: ArrivalService,
    private readonly completion: CompletionService,
    private readonly signOut: UpstreamSignOutService,
    private readonly trials: TrialService,
    private readonly posted: PostedReplies,
    private readonly negotiate: Negotiate,
    private readonly usersources: BrandUsersources,
    private readonly open: OpenUsersources,
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
    const ticket = visit.query.get('trial');
    if (ticket !== null) {
      const trial = await this.trials.take(record, ticket);
      const answer = this.signIn.startTrial(visit, record, trial).catch((refusal: unknown) => {
        if (refusal instanceof Refusal) return this.trials.failed(visit, record, refusal);
        throw refusal;
      });
      return void send(reply, await answer);
    }
    const home = record.audience === 'agents' ? '/agent/' : '/login';
    const returnTo = pathOfOurs(visit.query.get('return_to') ?? undefined, visit.brand.origin);
    const door =
      transaction === null ? ownDoor(home, returnTo) : await this.completion.applicationDoor(visit, transaction);
    send(reply, await this.signIn.start(visit, door, slug));
  }

  @Get(BACK)
  async callback(
    @Param('usersource') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    await this.comeBack(visit, await this.usersources.named(visit, slug), reply);
  }

  /** Answered by a redirect to ourselves: see PostedReplies. */
  @Post(BACK)
  async post(
    @Param('usersource') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    const record = await this.usersources.named(visit, slug);
    const id = await this.posted.keep(record.id, visit.rawQuery, formFields(request));
    send(reply, { goTo: `${visit.brand.origin}${visit.path}?posted=${id}` });
  }

  @Get('sso/:usersource/slo')
  async leave(
    @Param('usersource') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    const record = await this.usersources.named(visit, slug);
    const back = visit.rawQuery === '' || visit.query.has('left');
    const answer = back ? this.signOut.back(visit, record) : this.signOut.heard(visit, record, asked(visit));
    send(reply, await answer);
  }

  /** Upstream's server, or a browser it sends: the message itself says whose session ends. */
  @Post('sso/:usersource/slo')
  @Header('cache-control', 'no-store')
  async ended(
    @Param('usersource') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    const record = await this.usersources.named(visit, slug);
    const raw: RawReply = { method: 'POST', rawQuery: visit.rawQuery, fields: formFields(request) };
    send(reply, await this.signOut.heard(visit, record, raw));
  }

  @Get('sso/:usersource/metadata')
  async metadata(
    @Param('usersource') slug: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const visit = this.visits.of(request);
    const usersource = await this.open.open(await this.usersources.named(visit, slug), visit.brand);
    if (!usersource.metadata) throw new Refusal('usersource.unknown', `${slug} has no metadata`);
    const { type, body } = await usersource.metadata();
    await reply.type(type).send(body);
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
    const first = await this.negotiate.challenge(visit, record);
    if (first) return void send(reply, first);
    const posted = visit.query.get('posted');
    const raw = posted === null ? asked(visit) : await this.posted.find(record.id, posted);
    const answer = await this.arrival.callback(visit, record, raw);
    if (visit.proof !== undefined) reply.header('www-authenticate', visit.proof);
    send(reply, answer);
  }
}

function asked({ rawQuery }: Visit): RawReply {
  if (rawQuery.length > MAX_QUERY_CHARS) throw new Refusal('request.too_large', 'longer than any real sign-in message');
  return { method: 'GET', rawQuery, fields: {} };
}
