import express, { type Express, type Request } from 'express';
import { findAllowedMethods, hasRoute } from './route-methods';

const answer = (): void => undefined;

function appWith(): Express {
  const app = express();
  app.post('/api/chat', answer);
  app.get('/api/tasks', answer);
  app.get('/api/tasks/:id', answer);
  app.delete('/api/tasks/:id', answer);
  return app;
}

const ask = (app: Express, method: string, path: string): Request =>
  ({ app, method, path, baseUrl: '' }) as unknown as Request;

describe('hasRoute', () => {
  it.each([
    ['POST', '/api/chat', true],
    ['POST', '/API/Chat/', true],
    ['GET', '/api/chat', false],
    ['HEAD', '/api/tasks', true],
    ['DELETE', '/api/tasks/7', true],
    ['POST', '/api/tasks/7', false],
    ['POST', '/api/nothing', false],
    ['GET', '/api/tasks/%zz', true],
  ])('finds for %s %s, the first time and later: %s', (method, path, expected) => {
    const app = appWith();
    const found = [1, 2, 3].map(() => hasRoute(ask(app, method, path)));
    expect(found).toEqual([expected, expected, expected]);
  });

  it('knows the routes of each app apart', () => {
    expect(hasRoute(ask(appWith(), 'POST', '/api/chat'))).toBe(true);
    expect(hasRoute(ask(express(), 'POST', '/api/chat'))).toBe(false);
  });

  it('looks a literal path up once', () => {
    const app = appWith();
    const layers = (app as unknown as { router: { stack: { match(path: string): boolean }[] } }).router.stack;
    hasRoute(ask(app, 'POST', '/api/chat'));
    const matching = layers.map((layer) => jest.spyOn(layer, 'match'));
    expect(hasRoute(ask(app, 'POST', '/api/chat'))).toBe(true);
    expect(matching.every(({ mock }) => mock.calls.length === 0)).toBe(true);
  });
});

describe('findAllowedMethods', () => {
  it('lists the methods of all routes at a path', () => {
    expect(findAllowedMethods(ask(appWith(), 'PUT', '/api/tasks/7'))).toEqual(['DELETE', 'GET']);
    expect(findAllowedMethods(ask(appWith(), 'PUT', '/api/nothing'))).toEqual([]);
  });
});
