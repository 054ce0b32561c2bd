/**
 * The baseline for the doors: the plain way to write them. Express and the `openai` package, which parses every reply;
 * no accounts, limits, ledger or database. Runs as a child of the bench and reports its port.
 */
import express from 'express';
import OpenAI from 'openai';

const openai = new OpenAI({ apiKey: 'sk-bench', baseURL: process.env.OPENAI_BASE_URL });
const app = express();
app.use(express.json({ limit: '1mb' }));

async function relay(answer, body, create, write) {
  if (!body.stream) return void answer.json(await create(body));
  const events = await create(body);
  answer.on('close', () => events.controller.abort());
  answer.setHeader('content-type', 'text/event-stream');
  for await (const event of events) answer.write(write(event));
}

app.post('/v1/chat/completions', async ({ body }, answer) => {
  await relay(
    answer,
    body,
    (request) => openai.chat.completions.create(request),
    (chunk) => `data: ${JSON.stringify(chunk)}\n\n`,
  );
  if (body.stream) answer.end('data: [DONE]\n\n');
});

app.post('/v1/responses', async ({ body }, answer) => {
  await relay(
    answer,
    body,
    (request) => openai.responses.create(request),
    (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  );
  if (body.stream) answer.end();
});

app.post('/v1/embeddings', async ({ body }, answer) => {
  answer.json(await openai.embeddings.create(body));
});

const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit());
