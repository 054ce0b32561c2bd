import assert from 'node:assert/strict';
import {
  apiKey,
  baseURL,
  COUNTED,
  EMBEDDING_MODEL,
  FAILING,
  fixedBaseURL,
  GREETING,
  MODEL,
  NEVER,
  QUESTION,
  collect,
  readOn,
  readUntilError,
  rejectionOf,
  TOO_LONG,
} from './steps.mjs';

const say = (content) => [{ role: 'user', content }];

/**
 * The steps for every major version of the `openai` package; `helpersOf` returns where that version keeps its helpers.
 */
export function openaiSteps({ AzureOpenAI, OpenAI, toFile, zodResponseFormat, zodTextFormat, z, helpersOf }) {
  const clientOf = (options = {}) => new OpenAI({ baseURL, apiKey, maxRetries: 0, ...options });
  const client = clientOf();
  const fixed = clientOf({ baseURL: fixedBaseURL });

  return {
    'plain call': async () => {
      const { choices, usage } = await client.chat.completions.create({
        model: MODEL,
        messages: say(GREETING.prompt),
      });
      assert.equal(choices[0].message.content, GREETING.text);
      assert.equal(usage.prompt_tokens + usage.completion_tokens, usage.total_tokens);
    },

    stream: async () => {
      const stream = await client.chat.completions.create({
        model: MODEL,
        messages: say(GREETING.prompt),
        stream: true,
      });
      const chunks = await collect(stream);
      assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), GREETING.text);
      assert.ok(chunks.length > 2);
      assert.ok(chunks.every(({ choices }) => choices.length > 0));
    },

    'usage as counted': async () => {
      const body = { model: MODEL, messages: say(COUNTED.prompt) };
      const { usage } = await fixed.chat.completions.create(body);
      const runner = helpersOf(fixed).stream({ ...body, stream_options: { include_usage: true } });
      assert.equal(await runner.finalContent(), COUNTED.text);
      for (const counted of [usage, await runner.totalUsage()]) {
        const { input, output, total } = COUNTED.usage;
        assert.equal(counted.prompt_tokens, input);
        assert.equal(counted.completion_tokens, output);
        assert.equal(counted.total_tokens, total);
      }
      assert.equal(usage.prompt_tokens_details.cached_tokens, COUNTED.usage.cached);
    },

    tools: async () => {
      for (const stream of [false, true]) {
        const places = [];
        const parameters = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] };
        const runner = helpersOf(client).runTools({
          model: MODEL,
          messages: say(QUESTION),
          stream,
          tools: [
            {
              type: 'function',
              function: {
                name: 'get_weather',
                description: 'Tells the weather',
                parameters,
                parse: JSON.parse,
                function: ({ place }) => {
                  places.push(place);
                  return 'rain';
                },
              },
            },
          ],
        });
        assert.match(await runner.finalContent(), /rain/);
        assert.deepEqual(places, ['Paris']);
      }
    },

    'structured output': async () => {
      const Trip = z.object({ city: z.string(), days: z.number() });
      const completion = await helpersOf(client).parse({
        model: MODEL,
        messages: say('Where to?'),
        response_format: zodResponseFormat(Trip, 'trip'),
      });
      Trip.parse(completion.choices[0].message.parsed);
      const response = await client.responses.parse({
        model: MODEL,
        input: 'Where to?',
        text: { format: zodTextFormat(Trip, 'trip') },
      });
      Trip.parse(response.output_parsed);
    },

    responses: async () => {
      const first = await client.responses.create({ model: MODEL, input: GREETING.prompt });
      assert.equal(first.output_text, GREETING.text);
      const second = await client.responses.create({
        model: MODEL,
        input: 'say goodbye',
        previous_response_id: first.id,
      });
      assert.equal(second.output_text, 'goodbye');
      const stream = fixed.responses.stream({ model: MODEL, input: COUNTED.prompt });
      // Versions 4 and 5 omit `output_text` here.
      const { output, usage } = await stream.finalResponse();
      assert.equal(output[0].content[0].text, COUNTED.text);
      assert.equal(usage.total_tokens, COUNTED.usage.total);
      assert.equal(usage.output_tokens_details.reasoning_tokens, COUNTED.usage.reasoning);
    },

    embeddings: async () => {
      const { data, usage } = await client.embeddings.create({
        model: EMBEDDING_MODEL,
        input: ['milk', 'bread'],
      });
      assert.deepEqual(
        data.map(({ embedding }) => embedding.length),
        [1536, 1536],
      );
      assert.ok(usage.prompt_tokens > 0);
    },

    models: async () => {
      const ids = (await collect(client.models.list())).map(({ id }) => id);
      assert.ok(ids.includes(MODEL));
      assert.equal((await client.models.retrieve(MODEL)).id, MODEL);
    },

    files: async () => {
      const file = await client.files.create({
        file: await toFile(Buffer.from('eggs and milk'), 'list.txt'),
        purpose: 'user_data',
      });
      assert.deepEqual(
        (await collect(client.files.list({ limit: 1 }))).map(({ id }) => id),
        [file.id],
      );
      assert.equal(await (await client.files.content(file.id)).text(), 'eggs and milk');
      await deleted(client, file.id);
      assert.ok((await rejectionOf(client.files.retrieve(file.id))) instanceof OpenAI.NotFoundError);
    },

    'typed errors': async () => {
      const body = { model: MODEL, messages: say('hello') };
      const refused = await rejectionOf(clientOf({ apiKey: 'wrong' }).chat.completions.create(body));
      assert.ok(refused instanceof OpenAI.AuthenticationError);
      assert.equal(refused.code, 'unauthorized');
      const unknown = await rejectionOf(client.chat.completions.create({ ...body, model: 'gpt-99' }));
      assert.ok(unknown instanceof OpenAI.NotFoundError);
      assert.equal(unknown.code, 'model_not_found');
      const long = await rejectionOf(
        fixed.chat.completions.create({ ...body, messages: say(TOO_LONG), stream: true }),
      );
      assert.ok(long instanceof OpenAI.BadRequestError);
      assert.equal(long.code, 'context_length_exceeded');
    },

    retry: async () => {
      const limited = (name) => say(`[[fault:rate_limit_once#${name}-${process.pid}]] ${GREETING.prompt}`);
      const refused = client.chat.completions.create({ model: MODEL, messages: limited('none') });
      assert.ok((await rejectionOf(refused)) instanceof OpenAI.RateLimitError);
      const { choices } = await clientOf({ maxRetries: 1 }).chat.completions.create({
        model: MODEL,
        messages: limited('one'),
      });
      assert.equal(choices[0].message.content, GREETING.text);
    },

    abort: async () => {
      const stream = await client.chat.completions.create({
        model: MODEL,
        messages: say(`[[fault:stall]] ${GREETING.prompt}, you`),
        stream: true,
      });
      for await (const _ of stream) break;
      assert.ok(stream.controller.signal.aborted);
    },

    'error in mid-stream': async () => {
      const chat = await readUntilError(
        fixed.chat.completions.create({ model: MODEL, messages: say(FAILING.prompt), stream: true }),
      );
      assert.equal(chat.items.map(({ choices }) => choices[0].delta.content ?? '').join(''), FAILING.text);
      assert.ok(chat.error instanceof OpenAI.APIError);
      assert.equal(chat.error.code, 'upstream_error');
      const events = fixed.responses.create({ model: MODEL, input: FAILING.prompt, stream: true });
      const { items, error } = await readOn(events);
      const text = items.filter(({ type }) => type === 'response.output_text.delta');
      assert.equal(text.map(({ delta }) => delta).join(''), FAILING.text);
      // Versions 4 and 7 throw the error that 5 and 6 return as the last event.
      if (error !== undefined) assert.ok(error instanceof OpenAI.APIError);
      else assert.deepEqual([items.at(-1).type, items.at(-1).code], ['error', 'upstream_error']);
      if (error === undefined) assert.equal(items.at(-1).sequence_number, items.at(-2).sequence_number + 1);
    },

    'large picture': async () => {
      const url = `data:image/png;base64,${'A'.repeat(1_600_000)}`;
      const content = [
        { type: 'image_url', image_url: { url } },
        { type: 'text', text: COUNTED.prompt },
      ];
      const { choices } = await fixed.chat.completions.create({ model: MODEL, messages: say(content) });
      assert.equal(choices[0].message.content, COUNTED.text);
    },

    'silent provider': async () => {
      let requests = 0;
      const counting = (...args) => {
        requests += 1;
        return fetch(...args);
      };
      const patient = clientOf({ baseURL: fixedBaseURL, maxRetries: 2, fetch: counting });
      const error = await rejectionOf(
        patient.chat.completions.create({ model: MODEL, messages: say(NEVER) }),
      );
      assert.deepEqual([error.status, error.code, requests], [504, 'upstream_timeout', 1]);
    },

    'dated model name': async () => {
      const model = 'gpt-4o-mini-2024-07-18';
      const { choices } = await client.chat.completions.create({ model, messages: say(GREETING.prompt) });
      assert.equal(choices[0].message.content, GREETING.text);
    },

    'key in api-key': async () => {
      const azure = new AzureOpenAI({ baseURL, apiKey, apiVersion: '2025-04-01-preview', maxRetries: 0 });
      const ids = (await collect(azure.models.list())).map(({ id }) => id);
      assert.ok(ids.includes(MODEL));
      const { output_text } = await azure.responses.create({ model: MODEL, input: GREETING.prompt });
      assert.equal(output_text, GREETING.text);
    },

    completions: async () => {
      const completion = await fixed.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'count' });
      assert.equal(completion.choices[0].text, COUNTED.text);
      assert.equal(completion.usage.total_tokens, COUNTED.usage.total);
    },

    moderations: async () => {
      const { results } = await fixed.moderations.create({ model: 'omni-moderation-latest', input: 'fight' });
      assert.equal(results[0].flagged, true);
    },

    images: async () => {
      const { data } = await fixed.images.generate({ model: 'gpt-image-2.6-flare', prompt: 'a house' });
      assert.equal(data[0].b64_json, 'cGljdHVyZQ==');
    },

    speech: async () => {
      const request = { model: 'gpt-4o-mini-tts', voice: 'alloy', input: 'Hello.' };
      assert.equal(await (await fixed.audio.speech.create(request)).text(), 'spoken');
    },

    transcriptions: async () => {
      const file = await toFile(Buffer.from('RIFF'), 'hello.wav');
      const { text } = await fixed.audio.transcriptions.create({ model: 'whisper-1', file });
      assert.equal(text, 'Hello there.');
    },

    // Versions 4 and 5 have no methods for these two.
    'compact and input tokens': async () => {
      const compacted = await fixed.post('/responses/compact', { body: { model: MODEL, input: 'hello' } });
      assert.equal(compacted.output[0].type, 'compaction');
      const counted = await fixed.post('/responses/input_tokens', { body: { model: MODEL, input: 'hello' } });
      assert.equal(counted.input_tokens, COUNTED.usage.input);
    },
  };
}

/** The method was renamed in version 5. */
function deleted(client, id) {
  return client.files.delete === undefined ? client.files.del(id) : client.files.delete(id);
}
