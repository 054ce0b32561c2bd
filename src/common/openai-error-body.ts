import { AppError, type ErrorDetail } from './app-error';

/** The error object of every route under `/v1`: OpenAI's, from which its SDKs make their typed errors. */
export interface OpenAiErrorBody {
  error: { message: string; type: string; param: string | null; code: string };
}

const OPENAI_PATH = /^\/v1(?:[/?]|$)/i;

/** What another try cannot mend; the SDKs would try twice more. */
const NOT_WORTH_RETRYING = new Set([
  'insufficient_quota',
  'quota_exceeded',
  'upstream_auth_failed',
  'upstream_not_configured',
  // The wait was ours to choose, and has been long.
  'upstream_timeout',
]);

/** @param url as it was asked for, with its query */
export const isOpenAiPath = (url: string): boolean => OPENAI_PATH.test(url);

/** The same failure, where OpenAI tells it by another status or code. */
export function asOpenAiError(error: AppError): AppError {
  const { message, cause } = error;
  if (error.code === 'insufficient_quota') return new AppError(error.code, message, { status: 429, cause });
  if (error.code === 'model_not_allowed') {
    return new AppError('model_not_found', message, { status: 404, param: 'model', cause });
  }
  return error;
}

export function toOpenAiErrorBody(error: AppError): OpenAiErrorBody {
  const { message, param, details, code } = error;
  return { error: { message, type: typeOf(error), param: param ?? pathOf(details?.[0]) ?? null, code } };
}

/** What `X-Should-Retry` has to say, which the SDKs obey; undefined where their own rules are right. */
export function shouldRetry({ code }: AppError): 'false' | undefined {
  return NOT_WORTH_RETRYING.has(code) ? 'false' : undefined;
}

function typeOf({ status, code }: AppError): string {
  if (code === 'insufficient_quota') return code;
  if (status === 429) return 'requests';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** `messages[0].content` */
function pathOf(detail: ErrorDetail | undefined): string | undefined {
  if (detail === undefined || detail.path.length === 0) return undefined;
  return detail.path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}
