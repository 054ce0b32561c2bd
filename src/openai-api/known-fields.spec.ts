import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { KNOWN_FIELDS } from './known-fields.data';
import type { ModelRoute } from './model-routes';

const TYPES = join(require.resolve('openai'), '..', 'resources');

/** Where the SDK says what each route takes: a file and the interfaces in it. */
const SOURCES: [ModelRoute, string, RegExp][] = [
  ['/chat/completions', 'chat/completions/completions', /^ChatCompletionCreateParams/],
  ['/completions', 'completions', /^CompletionCreateParams/],
  ['/responses', 'responses/responses', /^ResponseCreateParams/],
  ['/responses', 'beta/responses/responses', /^ResponseCreateParams/],
  ['/responses/compact', 'responses/responses', /^ResponseCompactParams/],
  ['/responses/compact', 'beta/responses/responses', /^ResponseCompactParams/],
  ['/responses/input_tokens', 'responses/input-tokens', /^InputTokenCountParams/],
  ['/responses/input_tokens', 'beta/responses/input-tokens', /^InputTokenCountParams/],
  ['/embeddings', 'embeddings', /^EmbeddingCreateParams/],
  ['/moderations', 'moderations', /^ModerationCreateParams/],
  ['/images/generations', 'images', /^ImageGenerateParams/],
  ['/images/edits', 'images', /^ImageEditParams/],
  ['/audio/transcriptions', 'audio/transcriptions', /^TranscriptionCreateParams/],
  ['/audio/translations', 'audio/translations', /^TranslationCreateParams/],
  ['/audio/speech', 'audio/speech', /^SpeechCreateParams/],
];

/** The properties of a file's top-level interfaces. */
function fieldsOf(file: string, interfaces: RegExp): string[] {
  const path = join(TYPES, `${file}.d.ts`);
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  return source.statements
    .filter(ts.isInterfaceDeclaration)
    .filter(({ name }) => interfaces.test(name.text))
    .flatMap(({ members }) => members.filter(ts.isPropertySignature))
    .map(({ name }) => (name as ts.Identifier).text);
}

describe('KNOWN_FIELDS', () => {
  it.each(SOURCES)('has every field of %s that the SDK’s %s has', (route, file, interfaces) => {
    const fields = fieldsOf(file, interfaces);
    expect(fields).toContain('model');
    expect(fields.filter((name) => !KNOWN_FIELDS[route].has(name))).toEqual([]);
  });

  it('has a source for every route', () => {
    expect([...new Set(SOURCES.map(([route]) => route))].sort()).toEqual(Object.keys(KNOWN_FIELDS).sort());
  });

  it('has names in lower case only', () => {
    const all = Object.values(KNOWN_FIELDS).flatMap((names) => [...names]);
    expect(all.filter((name) => name !== name.toLowerCase())).toEqual([]);
  });
});
