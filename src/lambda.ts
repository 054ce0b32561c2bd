import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
import { ConnectionAuth, readOpener } from './auth/connection-auth';
import { TOKEN_SUBPROTOCOL } from './auth/session-credentials';
import { ConnectionTurns } from './chat/socket/connection-turns';
import { toFailure } from './chat/socket/failures';
import { PromptsService } from './chat/socket/prompts.service';
import { AppError, signInRequired } from './common/app-error';
import { toErrorBody } from './common/error-body';
import { requestContext } from './common/request-context';
import { StartupError } from './common/startup-error';
import { peekSettings } from './config/peek-settings';
import { Database } from './database/database.service';
import { type GatewayConnection, type GatewayEvent, lowerCased, type Verdict } from './lambda.events';
import { AppLogger, createPino } from './observability/app-logger';
import { CallBook } from './usage/call-book';

/** What is left of an invocation's time for telling of an error and booking the call. */
const LAST_WORDS_MS = 2000;
/** Of those; what is not booked by then is booked with the next event. */
const LONGEST_BOOKING_MS = 1000;

/** The socket's door behind an API Gateway; `deploy/lambda` turns its events into calls of it. */
export class LambdaDoor {
  private readonly logger = new Logger(LambdaDoor.name);
  private readonly auth: ConnectionAuth;
  private readonly prompts: PromptsService;
  private readonly book: CallBook;
  private readonly turns: ConnectionTurns;

  constructor(app: INestApplicationContext) {
    this.auth = app.get(ConnectionAuth, { strict: false });
    this.prompts = app.get(PromptsService, { strict: false });
    this.book = app.get(CallBook, { strict: false });
    this.turns = new ConnectionTurns(app.get(Database, { strict: false }));
  }

  /**
   * Starts the app without its HTTP server: once a container.
   * @throws StartupError
   */
  static async open(projectDirectory: string): Promise<LambdaDoor> {
    const settings = peekSettings(projectDirectory);
    if (settings.database.url === undefined) throw new StartupError('A Lambda needs DATABASE_URL.');
    if (settings.upstream === 'simulator') throw new StartupError('A Lambda needs OPENAI_API_KEY.');
    if (settings.auth.jwtSecret === undefined) throw new StartupError('A Lambda needs JWT_SECRET.');
    const logger = new AppLogger(createPino(settings.logLevel));
    const module = AppModule.forRoot(settings);
    return new LambdaDoor(
      await NestFactory.createApplicationContext(module, { logger, abortOnError: false }),
    );
  }

  /** Answers as an authorizer, which can't say why it refuses: it lets everyone on to `connect`, with the verdict. */
  async authorize(event: GatewayEvent): Promise<object> {
    const statement = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: event.methodArn };
    return {
      principalId: event.requestContext.connectionId,
      policyDocument: { Version: '2012-10-17', Statement: [statement] },
      context: await this.judge(event),
    };
  }

  /** Answers the handshake. */
  connect({ headers = {}, requestContext: { authorizer } }: GatewayEvent): object {
    if (authorizer?.refusal !== undefined) return JSON.parse(authorizer.refusal) as object;
    if (authorizer?.opener === undefined) return { statusCode: 401 };
    const offered = lowerCased(headers)['sec-websocket-protocol']?.split(',') ?? [];
    const isNamed = offered.some((name) => name.trim() === TOKEN_SUBPROTOCOL);
    return { statusCode: 200, headers: isNamed ? { 'Sec-WebSocket-Protocol': TOKEN_SUBPROTOCOL } : {} };
  }

  /**
   * Answers a message on its connection, and closes that over an error.
   * @param remainingMs of the invocation
   */
  async answer(event: GatewayEvent, connection: GatewayConnection, remainingMs: number): Promise<void> {
    const { connectionId, requestId } = event.requestContext;
    const deadline = AbortSignal.timeout(Math.max(0, remainingMs - LAST_WORDS_MS));
    const fail = async (error: unknown): Promise<void> => {
      const failure = toFailure(deadline.aborted ? tooLate() : error, this.logger);
      if (await connection.post(JSON.stringify(toErrorBody(failure, requestId)))) await connection.close();
    };
    await requestContext.run({ requestId }, async () => {
      await this.turns
        .take(connectionId, deadline, async (hasWaited) => {
          // What waited is dropped where the request before it ended in an error.
          if (hasWaited && !(await connection.isOpen())) return;
          await this.send(event, connection, deadline).catch(fail);
        })
        .catch(fail);
      // The container is frozen as soon as this returns.
      await Promise.race([this.book.settled(), delay(LONGEST_BOOKING_MS, undefined, { ref: false })]);
    });
  }

  private async send(
    event: GatewayEvent,
    connection: GatewayConnection,
    deadline: AbortSignal,
  ): Promise<void> {
    const { body, isBase64Encoded, requestContext: context } = event;
    if (typeof body !== 'string' || isBase64Encoded) {
      throw new AppError('unsupported_media_type', 'Send text messages.');
    }
    if (context.authorizer?.opener === undefined) throw signInRequired();
    const opener = readOpener(context.authorizer.opener);
    for await (const frame of this.prompts.answer(body, opener, deadline)) {
      if (!(await connection.post(frame))) return;
    }
  }

  private async judge({ headers = {}, requestContext: context }: GatewayEvent): Promise<Verdict> {
    const { domainName: host, identity, requestId } = context;
    const request = { headers: lowerCased(headers), protocol: 'https', host };
    try {
      const opener = await this.auth.identify(request, identity.sourceIp);
      await this.auth.currentCaller(opener);
      return { opener: JSON.stringify(opener) };
    } catch (error) {
      const failure = toFailure(error, this.logger);
      const refusal = {
        statusCode: failure.status,
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(toErrorBody(failure, requestId)),
      };
      return { refusal: JSON.stringify(refusal) };
    }
  }
}

const tooLate = (): AppError => new AppError('upstream_timeout', 'The model did not answer in time.');
