import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { Refusal } from '@passbroker/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { Visits } from '../http/visit.js';
import { pathOfOurs } from '../sign-in/return-to.js';
import { choose } from './choice.js';
import { isLanguage } from './language.js';

/** The switch at the foot of every page: a link, so that it leads back to pages that lead on to another origin. */
@Controller('language')
export class LanguageController {
  constructor(private readonly visits: Visits) {}

  @Get(':language')
  speak(@Param('language') language: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const visit = this.visits.of(request);
    if (!isLanguage(language)) throw new Refusal('usersource.unknown', 'a language we do not speak');
    const page = pathOfOurs(visit.query.get('return_to') ?? undefined, visit.brand.origin) ?? '/';
    // What a browser fetches ahead, nobody has chosen.
    if (visit.kind === 'navigate') choose(visit, language, page);
    send(reply, { goTo: visit.brand.origin + page });
  }
}
