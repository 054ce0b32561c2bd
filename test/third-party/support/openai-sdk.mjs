import assert from 'node:assert/strict';
import {
  apiKey,
  baseURL,
  collect,
  COUNTED,
  EMBEDDING_MODEL,
  fixedBaseURL,
  GREETING,
  MODEL,
  QUESTION,
  rejectionOf,
  TOO_LONG,
} from './steps.mjs';

const say = (content) => [{ role: 'user', content }];

/** What every major version of the `openai` package is asked to do; `helpersOf` says where it keeps its helpers. */
export function openaiSteps({ OpenAI, toFile, zodResponseFormat, zodTextFormat, z, helpersOf }) {
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
      // Versions 4 and 5 leave `output_text` out here.
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
  };
}

/** The method was renamed in version 5. */
function deleted(client, id) {
  return client.files.delete === undefined ? client.files.del(id) : client.files.delete(id);
}
