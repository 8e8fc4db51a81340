import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import { protocolSettings } from '@passbroker/protocols/settings';
import { usersourceSettings } from '@passbroker/usersources/settings';
import { AccountKind } from './accounts/account.kind.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { ApiTokenKind } from './api-tokens/api-token.kind.js';
import { ApiTokensController } from './api-tokens/api-tokens.controller.js';
import { ApplicationKind } from './applications/application.kind.js';
import { ApplicationsController } from './applications/applications.controller.js';
import { AUDIT_EVENTS, AuditEventsController } from './audit-events/audit-events.controller.js';
import { ApiTokenGuard } from './auth/api-token.guard.js';
import { BrandKind } from './brands/brand.kind.js';
import { BrandsController } from './brands/brands.controller.js';
import { CHANGES, ChangesController } from './changes/changes.controller.js';
import type { ChangesDesk } from './changes/changes.desk.js';
import { KeysController } from './keys/keys.controller.js';
import { SecondFactorsDesk } from './accounts/second-factors.desk.js';
import { KeysDesk } from './keys/keys.desk.js';
import { OpenApiController, Reference } from './openapi/openapi.controller.js';
import { openApiDocument } from './openapi/document.js';
import { operationsOf } from './openapi/operation.js';
import { DomainKind } from './domains/domain.kind.js';
import { DomainProofDesk } from './domains/domain-proof.desk.js';
import { DomainsController } from './domains/domains.controller.js';
import { OwnDomains } from './domains/own-domains.js';
import { txtRecords } from './domains/txt-records.js';
import type { AdminParts } from './parts.js';
import { PoliciesController } from './policies/policies.controller.js';
import { PolicyBook } from './policies/policy-book.js';
import { Simulation } from './policies/simulation.js';
import { ACCOUNTS, API_TOKENS, APPLICATIONS, BRANDS, DOMAINS, USERSOURCES } from './records/records.js';
import { SettingsDesk } from './records/settings-desk.js';
import { Shelf } from './records/shelf.js';
import { WriteLog } from './records/write-log.js';
import { AccountSessions } from './sessions/account-sessions.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsDesk } from './sessions/sessions.desk.js';
import { UsersourceTestDesk } from './usersources/usersource-test.desk.js';
import { UsersourceKind } from './usersources/usersource.kind.js';
import { UsersourcesController } from './usersources/usersources.controller.js';

const VERSION = '1.0.0';

const CONTROLLERS = [
  BrandsController,
  UsersourcesController,
  ApplicationsController,
  AccountsController,
  DomainsController,
  ApiTokensController,
  SessionsController,
  KeysController,
  AuditEventsController,
  PoliciesController,
  ChangesController,
  OpenApiController,
];

export const OPERATIONS = operationsOf(CONTROLLERS);

@Module({})
export class AdminModule {
  /** @param strategy the name by which Passport knows this replica's own strategy */
  static of(parts: AdminParts, changes: ChangesDesk, strategy: string): DynamicModule {
    const { writer, stores, catalog } = parts;
    const log = new WriteLog(parts.audit);
    const { turns } = stores;
    const policies = new PolicyBook(writer, () => changes.waiting());
    const serviceKeys = catalog.serviceKeys.bind(catalog);
    const toGateway = new SettingsDesk('gateway', serviceKeys);
    const toMinter = new SettingsDesk('minter', serviceKeys);
    const usersources = new UsersourceKind(
      writer,
      parts.usersourceTypes ?? usersourceSettings,
      toGateway,
      policies,
      changes,
      parts.health ?? (async () => undefined),
    );
    const accountSessions = new AccountSessions(parts.questions, parts.log);
    const applications = new ApplicationKind(writer, parts.protocolTypes ?? protocolSettings, toMinter);
    return {
      module: AdminModule,
      imports: [PassportModule.register({ defaultStrategy: strategy, property: 'caller', session: false })],
      controllers: CONTROLLERS,
      providers: [
        { provide: WriteLog, useValue: log },
        { provide: APP_GUARD, useClass: ApiTokenGuard },
        { provide: BRANDS, useValue: new Shelf(new BrandKind(writer, policies), turns, log) },
        { provide: USERSOURCES, useValue: new Shelf(usersources, turns, log) },
        { provide: APPLICATIONS, useValue: new Shelf(applications, turns, log) },
        { provide: ACCOUNTS, useValue: new Shelf(new AccountKind(writer, policies, accountSessions), turns, log) },
        { provide: API_TOKENS, useValue: new Shelf(new ApiTokenKind(writer, parts.now), turns, log) },
        { provide: DOMAINS, useValue: new Shelf(new DomainKind(writer), turns, log) },
        {
          provide: DomainProofDesk,
          useValue: new DomainProofDesk(writer, parts.txtRecords ?? txtRecords(), {
            ...{ now: parts.now, log: parts.log, written: log },
          }),
        },
        { provide: SecondFactorsDesk, useValue: new SecondFactorsDesk(writer, log) },
        { provide: SessionsDesk, useValue: new SessionsDesk(writer, parts.questions, log) },
        { provide: UsersourceTestDesk, useValue: new UsersourceTestDesk(writer, parts.questions, log) },
        { provide: KeysDesk, useValue: new KeysDesk(writer, parts.questions, log) },
        { provide: Simulation, useValue: new Simulation(policies, new OwnDomains(writer)) },
        { provide: CHANGES, useValue: stores.changes },
        { provide: AUDIT_EVENTS, useValue: stores.auditEvents },
        { provide: Reference, useValue: new Reference(() => openApiDocument(OPERATIONS, VERSION)) },
      ],
    };
  }
}
