import { AppError } from '../common/app-error';

/** What a provider keeps for a user: files, stored responses and what they are made of. */
export type ObjectKind = 'file' | 'response' | 'item' | 'container';

/** What a request can name but nobody can have made here. */
type ForeignKind = 'conversation' | 'vector_store';

/** An object that a provider has made for a request. */
export interface MadeObject {
  kind: ObjectKind;
  id: string;
  /** Of a file: what the provider said of it. */
  facts?: object;
  /** Of a response that is made in the background: the call that its cost is booked to. */
  callId?: string;
}

/** An object that a request names. */
export interface NamedObject {
  kind: ObjectKind | ForeignKind;
  id: string;
  /** The field that names it; undefined where the address does. */
  param?: string;
}

/** Whose objects are meant, at which provider. */
export interface Owner {
  /** null: a caller without a token, who owns nothing. */
  userId: string | null;
  /** As the ledger calls it. */
  provider: string;
}

const LABELS: Record<NamedObject['kind'], string> = {
  file: 'File',
  response: 'Response',
  item: 'Item',
  container: 'Container',
  conversation: 'Conversation',
  vector_store: 'Vector store',
};

/** The same for another user's and for one that is not there. */
export const objectNotFound = ({ kind, param }: NamedObject): AppError =>
  new AppError('not_found', `${LABELS[kind]} not found.`, { param });
