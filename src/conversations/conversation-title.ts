import { shortenText } from '../common/cut-text';
import { toStorable } from '../common/storable-text';

const MAX_TITLE_LENGTH = 80;

/** The message's first words on one line. */
export function toTitle(message: string): string {
  const line = message.trim().split(/\s+/).join(' ') || 'New conversation';
  return toStorable(shortenText(line, MAX_TITLE_LENGTH));
}
