import type { Request } from 'express';

interface RouteLayer {
  /** What it returns differs by version of Express: truthy where the path matches. */
  match(path: string): unknown;
  route?: { path: unknown; methods: Record<string, boolean> };
}

/** Requests that a route without parameters takes, by method and path: each app has some fifty, in several spellings. */
const foundRoutes = new WeakMap<RouteLayer[], Set<string>>();
const MAX_FOUND_ROUTES = 500;

/** Whether the app has a route for this request's method at its path, also where middleware is mounted above it. */
export function hasRoute(request: Request): boolean {
  const stack = stackOf(request);
  const path = pathOf(request);
  const name = `${request.method} ${path}`;
  const found = foundRoutes.get(stack) ?? new Set();
  if (found.has(name)) return true;
  const method = request.method.toLowerCase();
  const layer = stack.find((each) => takesMethod(each, method) && matches(each, path));
  if (layer === undefined) return false;
  if (isLiteral(layer) && found.size < MAX_FOUND_ROUTES) foundRoutes.set(stack, found.add(name));
  return true;
}

const isLiteral = ({ route }: RouteLayer): boolean =>
  typeof route?.path === 'string' && !/[:*{]/.test(route.path);

function takesMethod({ route }: RouteLayer, method: string): boolean {
  if (route === undefined) return false;
  const { methods } = route;
  return Boolean(methods[method] || methods._all || (method === 'head' && methods.get));
}

/** A path with a broken escape counts as matched: Express refuses it in its own words. */
function matches(layer: RouteLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path));
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
