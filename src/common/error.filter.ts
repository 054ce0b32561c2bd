import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AppError, type ErrorCode, ERROR_STATUS } from './app-error';
import { describeError } from './describe-error';
import { sendEarly } from './early-answer';
import { toErrorBody } from './error-body';
import { asOpenAiError, isOpenAiPath, shouldRetry, toOpenAiErrorBody } from './openai-error-body';
import { requestIdOf } from './request-id.middleware';
import { findAllowedMethods } from './route-methods';

/** What Nest itself throws, in our codes. */
const CODE_OF_STATUS = new Map<number, ErrorCode>([
  [400, 'validation_failed'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [413, 'body_too_large'],
  [415, 'unsupported_media_type'],
  [429, 'rate_limited'],
]);

/** Any thrown value as the one error type; what is not known becomes `internal`, with no detail. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof HttpException) {
    const code = CODE_OF_STATUS.get(error.getStatus());
    if (code === 'unauthorized') return new AppError(code, 'Sign in required.', { cause: error });
    if (code === 'not_found')
      return new AppError(code, 'There is nothing at this address.', { cause: error });
    if (code === 'validation_failed') {
      const details = [{ path: [], message: error.message }];
      return new AppError(code, error.message, { details, cause: error });
    }
    if (code !== undefined) return new AppError(code, error.message, { cause: error });
  }
  return new AppError('internal', 'Something went wrong on the server.', { cause: error });
}

/** The one place where errors become HTTP answers. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const answer = this.withAllowedMethods(toAppError(error), error, request);
    if (answer.status >= 500) {
      this.logger.error({
        event: 'request_failed',
        code: answer.code,
        request_id: requestIdOf(response),
        ...describeError(answer.cause ?? answer),
      });
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendError(response, answer);
  }

  /** A path that is there for another method is 405, not 404. */
  private withAllowedMethods(answer: AppError, error: unknown, request: Request): AppError {
    if (!(error instanceof HttpException) || answer.status !== ERROR_STATUS.not_found) return answer;
    const allow = findAllowedMethods(request);
    if (allow.length === 0) return answer;
    return new AppError('method_not_allowed', `${request.method} is not possible here.`, { allow });
  }
}

export function sendError(response: Response, error: AppError): void {
  if (isOpenAiPath(response.req.originalUrl)) {
    const told = asOpenAiError(error);
    const advice = shouldRetry(told);
    if (advice !== undefined) response.setHeader('X-Should-Retry', advice);
    sendBody(response, told, toOpenAiErrorBody(told));
    return;
  }
  sendBody(response, error, toErrorBody(error, requestIdOf(response)));
}

function sendBody(response: Response, error: AppError, body: object): void {
  setErrorHeaders(response, error);
  response.status(error.status);
  if (response.req.complete || !isAboutBody(error)) response.json(body);
  else sendEarly(response, body);
}

/** Refusals of a body that may have a long way to go yet: the client is to stop sending. */
const isAboutBody = ({ status, code }: AppError): boolean => status === 413 || code === 'server_busy';

function setErrorHeaders(response: Response, error: AppError): void {
  if (error.retryAfterSeconds !== undefined)
    response.setHeader('Retry-After', String(error.retryAfterSeconds));
  if (error.allow !== undefined) response.setHeader('Allow', error.allow.join(', '));
  if (error.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  if (isAboutBody(error)) response.setHeader('Connection', 'close');
}
