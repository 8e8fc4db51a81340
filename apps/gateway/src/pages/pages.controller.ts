import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { send } from '../http/answer.js';
import { isReference } from '../http/reference.js';
import { RefusalPages } from '../http/refusal-pages.js';
import { Visits } from '../http/visit.js';
import { assetOf } from './assets.js';
import { generalProblem, problems } from './problems.js';

@Controller()
export class PagesController {
  constructor(
    private readonly visits: Visits,
    private readonly refusals: RefusalPages,
  ) {}

  /** Errors that the minter may not show. Nothing of the query is echoed but a reference of our own alphabet. */
  @Get('problem')
  problem(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const visit = this.visits.of(request);
    const reference = visit.query.get('reference');
    const problem = problems.get(visit.query.get('code') ?? '') ?? generalProblem;
    // Told by a query string, so it is no server's fault whatever it says.
    const told = { ...problem, status: problem.status >= 500 ? 400 : problem.status };
    send(reply, this.refusals.problem(told, visit, isReference(reference) ? reference : undefined));
  }

  @Get('assets/:file')
  asset(@Param('file') file: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const visit = this.visits.find(request);
    const asset = assetOf(visit?.brand ?? { looks: {} }, file);
    if (!asset) return void send(reply, this.refusals.notFound(visit));
    void reply.type(asset.type).header('cache-control', 'public, max-age=31536000, immutable').send(asset.body);
  }
}
