import { AppError } from '../common/app-error';

/** The same for an unknown e-mail and a wrong password. */
export const invalidCredentials = (): AppError =>
  new AppError('invalid_credentials', 'E-mail or password is wrong.');

export const emailTaken = (): AppError =>
  new AppError('email_taken', 'There is an account with this e-mail already.');
