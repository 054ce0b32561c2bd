import { type PipeTransform, RequestMethod, type Type } from '@nestjs/common';
import {
  GUARDS_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants';
import { ModulesContainer } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AdminGuard } from '../auth/admin-only.decorator';
import { ALLOWS_ANONYMOUS } from '../auth/caller';
import type { ErrorCode } from '../common/app-error';
import { FAILS_WITH } from '../common/may-fail-with.decorator';
import { ParseIdPipe, ParseUuidPipe } from '../common/parse-id.pipe';
import { IS_PUBLIC } from '../common/public.decorator';
import { RATE_LIMIT_NAME } from '../limits/rate-limits';

/** What the marks of a route say that its documentation has to say, too. */
export interface RouteFacts {
  isPublic: boolean;
  allowsAnonymous: boolean;
  isAdminOnly: boolean;
  isRateLimited: boolean;
  /** What `@MayFailWith()` names, on the method and on the controller. */
  failures: ErrorCode[];
  /** Parameters of the path by what reads them. */
  ids: Record<string, 'integer' | 'uuid'>;
}

interface RouteArgument {
  data?: unknown;
  pipes?: (Type<PipeTransform> | PipeTransform)[];
}

type Handler = (...parameters: never[]) => unknown;

/** How a route is looked up: `get /api/tasks/{id}`. */
export const routeKey = (method: string, path: string): string => `${method.toLowerCase()} ${path}`;

/** All routes of the controllers, by `routeKey`. */
export function findRoutes(app: NestExpressApplication): Map<string, RouteFacts> {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) =>
    [...module.controllers.values()].map(({ metatype }) => metatype as Type),
  );
  return new Map(controllers.flatMap(routesOf));
}

function routesOf(controller: Type): [key: string, facts: RouteFacts][] {
  const prototype = controller.prototype as Record<string, Handler>;
  return Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== 'constructor')
    .flatMap((name) => {
      const handler = prototype[name]!;
      const method = read<RequestMethod>(METHOD_METADATA, handler);
      if (method === undefined) return [];
      const facts = factsOf(controller, name, handler);
      return pathsOf(controller, handler).map((path): [string, RouteFacts] => [
        routeKey(RequestMethod[method], path),
        facts,
      ]);
    });
}

function pathsOf(controller: Type, handler: Handler): string[] {
  const listed = (target: object): string[] => [read<string | string[]>(PATH_METADATA, target) ?? ''].flat();
  return listed(controller).flatMap((start) =>
    listed(handler).map((end) => {
      const steps = [start, end].flatMap((part) => part.split('/')).filter((step) => step !== '');
      return `/${steps.map((step) => step.replace(/^[:*](.+)$/, '{$1}')).join('/')}`;
    }),
  );
}

function factsOf(controller: Type, name: string, handler: Handler): RouteFacts {
  const either = <T>(key: string): T | undefined => read<T>(key, handler) ?? read<T>(key, controller);
  const all = <T>(key: string): T[] => [
    ...(read<T[]>(key, controller) ?? []),
    ...(read<T[]>(key, handler) ?? []),
  ];
  return {
    isPublic: either(IS_PUBLIC) === true,
    allowsAnonymous: either(ALLOWS_ANONYMOUS) === true,
    isAdminOnly: all<unknown>(GUARDS_METADATA).includes(AdminGuard),
    isRateLimited: either(RATE_LIMIT_NAME) !== undefined,
    failures: all<ErrorCode>(FAILS_WITH),
    ids: idsOf(controller, name),
  };
}

function idsOf(controller: Type, name: string): RouteFacts['ids'] {
  const args =
    (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) as
      Record<string, RouteArgument> | undefined) ?? {};
  const ids: RouteFacts['ids'] = {};
  for (const { data, pipes = [] } of Object.values(args)) {
    if (typeof data !== 'string') continue;
    if (pipes.includes(ParseIdPipe)) ids[data] = 'integer';
    if (pipes.includes(ParseUuidPipe)) ids[data] = 'uuid';
  }
  return ids;
}

const read = <T>(key: string, target: object): T | undefined =>
  Reflect.getMetadata(key, target) as T | undefined;
