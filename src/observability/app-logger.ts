import type { LoggerService } from '@nestjs/common';
import pino, { type DestinationStream, type Logger } from 'pino';
import { requestContext } from '../common/request-context';

/** Contexts of Nest's own start-up, useful only for debugging: a failure there is thrown and logged once. */
const FRAMEWORK_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'WebSocketsController',
  'TypeOrmModule',
  'Injector',
  'ExceptionHandler',
]);

const FLUSH_BYTES = 8192;
const FLUSH_INTERVAL_MS = 100;

/** One JSON object a line on standard output; every line of a request bears its id. */
export function createPino(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: () => {
      const requestId = requestContext.requestId();
      return requestId === undefined ? {} : { request_id: requestId };
    },
  };
  return pino(options, destination ?? standardOutput());
}

/** A write of its own for every line takes a twentieth of a relayed request: lines go together, a moment later. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, minLength: FLUSH_BYTES, sync: true });
  setInterval(() => output.flush(), FLUSH_INTERVAL_MS).unref();
  process.once('exit', () => output.flushSync());
  return output;
}

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Nest's logger on pino. Messages are objects with an `event`; Nest's own are text. */
export class AppLogger implements LoggerService {
  constructor(private readonly pino: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  private write(level: Level, message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    const source = typeof context === 'string' ? { context } : {};
    const shownLevel = FRAMEWORK_CONTEXTS.has(String(context)) ? 'debug' : level;
    if (message !== null && typeof message === 'object') this.pino[shownLevel]({ ...source, ...message });
    else this.pino[shownLevel](source, String(message));
  }
}
