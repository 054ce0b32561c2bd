import type { Server } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { CorsOptionsDelegate } from '@nestjs/common/interfaces/external/cors-options.interface';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';
import type { DestinationStream } from 'pino';
import { AppModule } from './app.module';
import { BornExpressAdapter } from './born-express.adapter';
import { SocketAdapter } from './chat/socket/socket.adapter';
import { AppError } from './common/app-error';
import { BodyMemory } from './common/body-memory';
import { ErrorFilter, sendError } from './common/error.filter';
import { refuseOtherExpectations } from './common/expectations';
import { jsonBody } from './common/json-body.middleware';
import { Lifecycle } from './common/lifecycle';
import { requestDeadline } from './common/request-deadline.middleware';
import { requestId } from './common/request-id.middleware';
import { InputPipe } from './common/validation.pipe';
import type { Settings } from './config/settings';
import { accessLog } from './observability/access-log.middleware';
import { AppLogger, createPino } from './observability/app-logger';
import { Metrics } from './observability/metrics';
import { openAiBody } from './openai-api/openai-body';
import { setUpOpenApi } from './openapi';

/** For a request to come in whole; an endless body would hold its connection otherwise. */
const REQUEST_TIMEOUT_MS = 60_000;
/** For the headers alone. */
const HEADERS_TIMEOUT_MS = 60_000;
/** For an upload, which is watched on its way besides. */
const UPLOAD_TIMEOUT_MS = 60 * 60_000;

const EXPOSED_HEADERS = [
  'X-Request-Id',
  'X-Adjusted-Params',
  'X-Model-Replaced',
  'X-Cache',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'Retry-After',
  'X-Should-Retry',
  'ETag',
];

/** The whole app, ready to listen: what `main.ts` starts and the e2e tests run. */
export async function createApp(
  settings: Settings,
  logDestination?: DestinationStream,
): Promise<NestExpressApplication> {
  const pino = createPino(settings.logLevel, logDestination);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot(settings),
    new BornExpressAdapter(),
    { bodyParser: false, logger: new AppLogger(pino), abortOnError: false },
  );
  app.set('trust proxy', settings.trustedProxyHops);
  app.set('query parser', 'simple');
  app.disable('x-powered-by');
  app.use(requestId);
  app.use(accessLog(pino, app.get(Metrics)));
  // Before CORS, which answers by itself.
  app.use(requestDeadline(REQUEST_TIMEOUT_MS));
  app.use(securityHeaders());
  app.enableCors(crossOriginRule(settings));
  app.use(refuseWhenShuttingDown(app.get(Lifecycle)), refuseOtherExpectations);
  readBodies(app, settings);
  app.useGlobalPipes(new InputPipe());
  app.useGlobalFilters(new ErrorFilter());
  app.useWebSocketAdapter(new SocketAdapter(app));
  setUpOpenApi(app);
  await app.init();
  setTimeouts(app.getHttpServer(), settings);
  return app;
}

function readBodies(app: NestExpressApplication, { bodies }: Settings): void {
  const memory = new BodyMemory(bodies.maxBytesInMemory);
  app.use('/api', jsonBody({ limit: { maxBytes: bodies.maxBytes, variable: 'BODY_LIMIT' }, memory }));
  app.use('/v1', openAiBody({ limit: { maxBytes: bodies.maxV1Bytes, variable: 'V1_BODY_LIMIT' }, memory }));
}

/** Node wants the time for headers to be longer than the time between requests. */
function setTimeouts(server: Server, { keepAliveTimeoutMs }: Settings): void {
  server.requestTimeout = UPLOAD_TIMEOUT_MS;
  server.keepAliveTimeout = keepAliveTimeoutMs;
  server.headersTimeout = Math.max(HEADERS_TIMEOUT_MS, keepAliveTimeoutMs + 5000);
}

/** What holds for pages costs every answer of the API a dozen headers that no client of it reads. */
function securityHeaders(): RequestHandler {
  // Without the two that break plain http on a local network; HSTS is the TLS proxy's to set.
  const forPages = helmet({
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });
  return (request, response, next) => {
    if (!/^\/(api|v1)\//i.test(request.path)) {
      forPages(request, response, next);
      return;
    }
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    next();
  };
}

/** Only what a browser sends for another page has an `Origin`. */
function crossOriginRule({ corsOrigins }: Settings): CorsOptionsDelegate<Request> {
  const forPages = {
    origin: [...corsOrigins],
    credentials: true,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
  };
  return (request, decide) => {
    const isFromPage = request.headers.origin !== undefined || request.method === 'OPTIONS';
    if (!isFromPage) request.res?.setHeader('Vary', 'Origin');
    decide(null, isFromPage ? forPages : { origin: false });
  };
}

function refuseWhenShuttingDown(lifecycle: Lifecycle) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const isProbe =
      request.path.startsWith('/health') || request.path === '/api/health' || request.path === '/metrics';
    if (!lifecycle.isShuttingDown || isProbe) {
      next();
      return;
    }
    response.setHeader('Connection', 'close');
    sendError(
      response,
      new AppError('shutting_down', 'The server is shutting down.', { retryAfterSeconds: 5 }),
    );
  };
}
