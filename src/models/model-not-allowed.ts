import { AppError } from '../common/app-error';

const MAX_NAME_LENGTH = 100;

/** The refusal of a model that the server's list does not have. */
export function modelNotAllowed(name: string): AppError {
  // Control characters and unpaired surrogates would garble the message.
  const shown = name.slice(0, MAX_NAME_LENGTH).replace(/\p{C}/gu, '');
  return new AppError(
    'model_not_allowed',
    `The model “${shown}” is not on this server’s list. GET /v1/models shows the list.`,
    { param: 'model' },
  );
}
