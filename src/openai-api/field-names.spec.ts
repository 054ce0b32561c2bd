import type { AppError } from '../common/app-error';
import { assertKnownFields, assertSpelling, isForeignServer } from './field-names';
import type { ModelRoute } from './model-routes';

function refusalOf(check: () => void): AppError | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    return error as AppError;
  }
}

describe('assertSpelling', () => {
  it.each<[ModelRoute, string, string]>([
    ['/chat/completions', 'Model', 'model'],
    ['/chat/completions', 'MAX_TOKENS', 'max_tokens'],
    ['/chat/completions', 'Tools', 'tools'],
    ['/chat/completions', 'ſtream', 'stream'],
    ['/responses', 'Previous_Response_Id', 'previous_response_id'],
    ['/embeddings', 'Input', 'input'],
    ['/audio/transcriptions', 'mod\u212bl'.replace('\u212b', 'E'), 'model'],
    ['/audio/transcriptions', '\u212aeywords', 'keywords'],
  ])('refuses, over %s, %s for %s', (route, name, meant) => {
    const error = refusalOf(() => assertSpelling(route, ['x', name]));
    expect(error).toMatchObject({ code: 'validation_failed', status: 400 });
    expect(error?.message).toContain(`must be written ${meant}`);
  });

  it.each<[ModelRoute, string]>([
    ['/chat/completions', 'model'],
    ['/chat/completions', 'top_k'],
    ['/chat/completions', 'Top_K'],
    ['/embeddings', 'Tools'],
  ])('leaves, over %s, %s', (route, name) => {
    expect(refusalOf(() => assertSpelling(route, [name]))).toBeUndefined();
  });
});

describe('assertKnownFields', () => {
  it('names the first field that the API does not have, and the variable that allows it', () => {
    const error = refusalOf(() => assertKnownFields('/chat/completions', ['model', 'top_k', 'min_p'], []));
    expect(error).toMatchObject({ code: 'validation_failed', details: [{ path: ['top_k'] }] });
    expect(error?.message).toMatch(/^top_k .*ALLOWED_FIELDS$/);
  });

  it('shows of a long name its beginning, without what could confuse', () => {
    const error = refusalOf(() => assertKnownFields('/embeddings', [`a\n\u202e${'x'.repeat(500)}`], []));
    expect(error?.message).toMatch(/^ax{96,98} is not/);
  });

  it('takes what the operator allows, and nothing in another case', () => {
    expect(refusalOf(() => assertKnownFields('/embeddings', ['top_k'], ['top_k']))).toBeUndefined();
    expect(refusalOf(() => assertKnownFields('/embeddings', ['Top_k'], ['top_k']))).toBeDefined();
  });
});

describe('isForeignServer', () => {
  const openai = { apiKey: 'x', baseUrl: undefined, organization: undefined, project: undefined };
  const elsewhere = { ...openai, baseUrl: 'http://127.0.0.1:11434/v1' };

  it.each([
    ['openai', openai, false],
    ['openai', elsewhere, true],
    ['simulator', elsewhere, false],
    ['not_configured', elsewhere, false],
  ] as const)('behind %s at %j is %p', (upstream, access, isForeign) => {
    expect(isForeignServer({ upstream, openai: access })).toBe(isForeign);
  });
});
