import { Module, type DynamicModule } from '@nestjs/common';
import { KeyCalendar, keyQuestions, KeyRing, KeyRotation } from './keys/index.js';
import type { MinterParts } from './parts.js';
import { Applications } from './protocols/applications.js';
import { mountProtocols } from './protocols/mount.js';

export const DOOR = Symbol('door');
export const QUESTIONS = Symbol('questions');

/**
 * What the minter is made of. An application context without an HTTP adapter: every door is a protocol's own
 * (oidc-provider is a Koa application), so a router, pipes and filters in front would only be in the way.
 */
@Module({})
export class MinterModule {
  static of(parts: MinterParts): DynamicModule {
    const { identity, keyStore: store, now, log, catalog } = parts;
    return {
      module: MinterModule,
      providers: [
        { provide: KeyRing, useFactory: () => new KeyRing({ store, identity, now }) },
        {
          provide: KeyRotation,
          inject: [KeyRing],
          useFactory: (ring: KeyRing) => new KeyRotation({ store, ring, identity, now, log }),
        },
        {
          provide: KeyCalendar,
          inject: [KeyRing, KeyRotation],
          useFactory: (ring: KeyRing, rotation: KeyRotation) => new KeyCalendar(ring, rotation, log),
        },
        { provide: Applications, useFactory: () => new Applications(catalog, identity, log) },
        {
          provide: DOOR,
          inject: [KeyRing, Applications],
          useFactory: (ring: KeyRing, applications: Applications) => mountProtocols(parts, ring, applications),
        },
        {
          provide: QUESTIONS,
          inject: [KeyRotation],
          useFactory: (rotation: KeyRotation) => keyQuestions(rotation, parts),
        },
      ],
    };
  }
}
