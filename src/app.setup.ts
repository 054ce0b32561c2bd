import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import type { DestinationStream } from 'pino';
import { AppModule } from './app.module';
import { BornExpressAdapter } from './born-express.adapter';
import { AppError } from './common/app-error';
import { ErrorFilter, sendError } from './common/error.filter';
import { jsonBody } from './common/json-body.middleware';
import { Lifecycle } from './common/lifecycle';
import { requestId } from './common/request-id.middleware';
import { InputPipe } from './common/validation.pipe';
import type { Settings } from './config/settings';
import { accessLog } from './observability/access-log.middleware';
import { AppLogger, createPino } from './observability/app-logger';
import { Metrics } from './observability/metrics';
import { setUpOpenApi } from './openapi';

/** For a request to come in whole; an endless body would hold its connection otherwise. */
const REQUEST_TIMEOUT_MS = 60_000;

const EXPOSED_HEADERS = [
  'X-Request-Id',
  'X-Adjusted-Params',
  'X-Model-Replaced',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
  'Retry-After',
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
  app.use(securityHeaders());
  app.enableCors({
    origin: [...settings.corsOrigins],
    credentials: true,
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: 600,
  });
  app.use(refuseWhenShuttingDown(app.get(Lifecycle)));
  app.use('/api', jsonBody(settings.bodyLimitBytes));
  app.useGlobalPipes(new InputPipe());
  app.useGlobalFilters(new ErrorFilter());
  setUpOpenApi(app);
  await app.init();
  app.getHttpServer().requestTimeout = REQUEST_TIMEOUT_MS;
  return app;
}

/** Helmet's defaults, without the two that break plain http on a local network; HSTS is the TLS proxy's to set. */
function securityHeaders(): ReturnType<typeof helmet> {
  return helmet({
    strictTransportSecurity: false,
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
  });
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
