import { AppError } from './app-error';

/** The error object of every route outside `/v1`. */
export interface ErrorBody {
  error: string;
  message: string;
  code: string;
  param?: string;
  details?: AppError['details'];
  conversation_id?: number;
  turn_id?: string;
  request_id: string;
}

export function toErrorBody(error: AppError, requestId: string): ErrorBody {
  return {
    error: error.message,
    message: error.message,
    code: error.code,
    ...(error.param === undefined ? {} : { param: error.param }),
    ...(error.details === undefined ? {} : { details: error.details }),
    ...(error.turn === undefined
      ? {}
      : { conversation_id: error.turn.conversationId, turn_id: error.turn.turnId }),
    request_id: requestId,
  };
}
