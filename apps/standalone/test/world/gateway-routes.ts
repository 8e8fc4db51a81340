import { RequestMethod } from '@nestjs/common';
import { z } from 'zod';
import { GatewayModule } from '../../../gateway/src/gateway.module.js';

export interface Route {
  method: string;
  /** As its controller writes it. */
  route: string;
  pattern: RegExp;
}

/** What Nest keeps about a controller and its methods. */
const paths = z.union([z.string(), z.array(z.string())]).transform((kept) => [kept].flat());
const prototype = z.custom<object>((value) => typeof value === 'object' && value !== null);
const door = z.custom<object>((value) => typeof value === 'function' && Reflect.hasMetadata('method', value));

/** Every address that the gateway answers, read from the controllers themselves: a new one is here by itself. */
export function routesOfGateway(): Route[] {
  return (GatewayModule.of([]).controllers ?? []).flatMap((controller) => {
    const prefixes = paths.parse(Reflect.getMetadata('path', controller));
    const own = prototype.parse(Reflect.get(controller, 'prototype'));
    const handlers = Reflect.ownKeys(own).flatMap((name) => {
      const member = door.safeParse(Reflect.get(own, name));
      return member.success ? [member.data] : [];
    });
    return handlers.flatMap((handler) => {
      const method = RequestMethod[z.number().parse(Reflect.getMetadata('method', handler))] ?? '';
      return prefixes.flatMap((prefix) =>
        paths.parse(Reflect.getMetadata('path', handler)).map((path) => {
          const route = `/${[prefix, path]
            .flatMap((part) => part.split('/'))
            .filter(Boolean)
            .join('/')}`;
          return { method, route, pattern: patternOf(route) };
        }),
      );
    });
  });
}

const patternOf = (route: string): RegExp =>
  new RegExp(`^${route.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+').replaceAll('*', '.*')}/?$`);
