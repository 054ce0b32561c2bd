import { cleanMessage } from './provider-words';

describe('cleanMessage', () => {
  it.each([
    ['The model `gpt-9` does not exist.', 'The model `gpt-9` does not exist.'],
    ['ask-me and task_list stay', 'ask-me and task_list stay'],
    ['Key sk-abc123. Organisation org-abc!', 'Key [removed] Organisation [removed]!'],
    ['user-AbC123dEf is not user_id, nor user-supplied', '[removed] is not user_id, nor user-supplied'],
    ['x'.repeat(600), 'x'.repeat(500)],
    [`${'x'.repeat(495)} sk-abcdefgh`, `${'x'.repeat(495)} [rem`],
  ])('makes %p %p', (text, cleaned) => expect(cleanMessage(text)).toBe(cleaned));
});
