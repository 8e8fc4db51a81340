import { Controller } from '@nestjs/common';
import { Asked, type Ask } from '../http/ask.js';
import { Operation } from '../openapi/operation.js';
import { Simulation, simulationAsked, simulationQuery, simulationResult } from './simulation.js';

@Controller()
export class PoliciesController {
  constructor(private readonly simulation: Simulation) {}

  @Operation({
    ...{ method: 'post', path: '/v1/policies:simulate', operationId: 'simulatePolicy', tag: 'Policies' },
    ...{ scope: 'policies:read', query: simulationQuery, body: simulationAsked },
    summary: 'Ask what would happen to a request',
    description: 'By the configuration as it is, or as a draft would make it. Changes nothing.',
    example: {
      brand: 'default',
      request: { path: '/', ip: '203.0.113.7', client: { audience: 'users' } },
      draft: { usersources: { intranet: { sso: 'automatic' } } },
    },
    answers: { 200: { description: 'The decision and its reason', schema: simulationResult } },
  })
  run(@Asked() ask: Ask) {
    return this.simulation.run(ask);
  }
}
