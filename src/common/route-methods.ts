import type { Request } from 'express';

interface RouteLayer {
  match(path: string): boolean;
  route?: { methods: Record<string, boolean> };
}

/** Whether the app has a route for this request's method at its path, also where middleware is mounted above it. */
export function hasRoute(request: Request): boolean {
  const path = pathOf(request);
  const method = request.method.toLowerCase();
  return stackOf(request).some((layer) => takesMethod(layer, method) && matches(layer, path));
}

function takesMethod({ route }: RouteLayer, method: string): boolean {
  if (route === undefined) return false;
  const { methods } = route;
  return Boolean(methods[method] || methods._all || (method === 'head' && methods.get));
}

/** A path with a broken escape counts as matched: Express refuses it in its own words. */
function matches(layer: RouteLayer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return true;
  }
}

/** The methods that the app's routes take at this request's path; empty where there is no such path. */
export function findAllowedMethods(request: Request): string[] {
  const path = pathOf(request);
  const methods = stackOf(request)
    .filter((layer) => layer.route !== undefined && layer.match(path))
    .flatMap((layer) => Object.keys(layer.route?.methods ?? {}));
  return [...new Set(methods.map((method) => method.toUpperCase()))]
    .filter((method) => method !== '_ALL')
    .sort();
}

const pathOf = ({ baseUrl, path }: Request): string =>
  path === '/' && baseUrl !== '' ? baseUrl : baseUrl + path;

const stackOf = ({ app }: Request): RouteLayer[] =>
  (app as unknown as { router: { stack: RouteLayer[] } }).router.stack;
