import { modelListRequest, readModelList } from './model-list';
import type { ProviderAccess } from './provider-access';

const access = (over: Partial<ProviderAccess>): ProviderAccess => ({
  name: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  apiKey: 'k',
  ...over,
});

describe('modelListRequest', () => {
  it.each<[string, ProviderAccess, string, object]>([
    ['OpenAI', access({}), 'https://api.openai.com/v1/models', { authorization: 'Bearer k' }],
    [
      'OpenAI for an organization and a project',
      access({ organization: 'org-1', project: 'proj_1' }),
      'https://api.openai.com/v1/models',
      { authorization: 'Bearer k', 'openai-organization': 'org-1', 'openai-project': 'proj_1' },
    ],
    [
      'a server of the operator’s',
      access({ baseUrl: 'http://me:secret@llm:81/api/v1/?key=secret' }),
      'http://llm:81/api/v1/models',
      { authorization: 'Bearer k' },
    ],
    [
      'Gemini',
      access({ name: 'gemini', baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai' }),
      'https://generativelanguage.googleapis.com/v1beta/openai/models',
      { authorization: 'Bearer k' },
    ],
    [
      'Anthropic',
      access({ name: 'anthropic', baseUrl: 'https://api.anthropic.com/v1' }),
      'https://api.anthropic.com/v1/models?limit=1000',
      { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' },
    ],
    [
      'a gateway in Anthropic’s place',
      access({ name: 'anthropic', baseUrl: 'http://gateway/v1' }),
      'http://gateway/v1/models',
      { authorization: 'Bearer k' },
    ],
  ])('asks %s', (_, of, url, headers) =>
    expect(modelListRequest(of)).toEqual({
      url,
      headers: { ...headers, 'x-client-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) },
    }),
  );
});

describe('readModelList', () => {
  it.each([
    [
      { data: [{ id: 'a' }, { id: 'b', shutdown_date: '2027-01-14' }] },
      [{ id: 'a' }, { id: 'b', shutdownDate: '2027-01-14' }],
    ],
    [{ data: [{ id: 'models/gemini-3.8-flash', shutdown_date: null }] }, [{ id: 'gemini-3.8-flash' }]],
    [{ data: [{ id: 'a', shutdown_date: 'soon' }, null, 5, { id: 7 }] }, [{ id: 'a' }]],
    [{ data: [] }, []],
    [{ data: 'x' }, undefined],
    ['<html>', undefined],
    [undefined, undefined],
    [null, undefined],
  ])('reads %j', (body, models) => expect(readModelList(body)).toEqual(models));
});
