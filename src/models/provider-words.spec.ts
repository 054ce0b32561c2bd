import { cleanMessage, clientMessage } from './provider-words';

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

describe('clientMessage', () => {
  const said = (message: string | undefined, status = 400, ...words: string[]): string =>
    clientMessage({ message, words: new Set(words) }, status);

  it.each([
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    "Invalid schema for function 'create_invoice': 'account' is not a valid type.",
    'Invalid value for `project`: expected text.',
    "Missing required parameter: 'organization'.",
    'Unknown name "billing" at \'tools[0]\': Cannot find field.',
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    'Invalid service_tier: fast.',
    'The picture could not be read. See https://platform.openai.com/docs/guides/images.',
    'Your input image may contain content that is not allowed by our safety system.',
    'models/gemini-x is not found for API version v1beta. Call ListModels to see the list of available models.',
    'max_tokens: 9000 > 8192, which is the maximum allowed number of output tokens',
    'Input should be less than or equal to 2',
  ])('passes on what is about the request: %s', (message) => {
    expect(said(message)).toBe(message);
  });

  it.each([
    'Your organization must be verified to stream this model.',
    'Your organisation is not allowed to use it.',
    'Project `proj_x` does not have access to model `gpt-5`',
    'The model `gpt-9` does not exist or you do not have access to it.',
    'You are not allowed to sample from this model.',
    'Limit reached in organization `org_01` service tier `on_demand`.',
    'Please upgrade your plan.',
    'The monthly quota is used up.',
    'Need more? Visit https://console.groq.com/settings/billing',
    'See https://platform.openai.com/account/api-keys for more.',
    'No endpoints found matching your data policy.',
    'Publisher Model `projects/my-project/locations/us/models/x` was not found.',
    'The resource /subscriptions/0000-11/resourceGroups/x was not found.',
    'The role arn:aws:iam::123456789012:role/x was not found.',
    'This long context beta is not yet available for this subscription.',
    'Limit 30000 TPM, requested 50000.',
    'Pass another API key.',
  ])('keeps what is about the operator’s account: %s', (message) => {
    expect(said(message)).toBe('The provider rejected the request.');
  });

  it.each<[number, string[], string]>([
    [400, [], 'The provider rejected the request.'],
    [422, ['odd'], 'The provider rejected the request.'],
    [404, [], 'The provider does not have what the request names.'],
    [404, ['model_not_found'], 'The model does not exist or is not available here.'],
    [413, [], 'The request is too large for the model’s provider.'],
  ])('has words of its own for %i %j', (status, words, expected) => {
    expect(said(undefined, status, ...words)).toBe(expected);
    expect(said('Your organization is not verified.', status, ...words)).toBe(expected);
  });

  it.each([
    ['a key of Moonshot', 'ak-fbfjz5ago7ti11bc6zt1'],
    ['a key of Groq', 'gsk_AbCdEfGhIjKlMnOpQrSt'],
    ['a key of xAI', 'xai-AbCdEfGhIjKlMnOpQrSt'],
    ['a key of AWS', 'AKIAIOSFODNN7EXAMPLE'],
    ['a JSON web token', 'eyJhbGciOiJI.eyJzdWIiOiIx.c2ln'],
  ])('removes %s', (_, secret) => {
    expect(said(`Wrong header ${secret} in the request.`)).toBe('Wrong header [removed] in the request.');
  });

  it('is quick with long and odd sentences', () => {
    const startedAt = performance.now();
    for (const part of ['your a ', 'project x ', 'https://a', "'a", 'user-', 'in the ', 'credits are ']) {
      said(part.repeat(4000 / part.length));
    }
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
