// The official JavaScript client, unchanged, against guards: client.mjs CHAT_URL EMBEDDINGS_URL RATE_URL KEY.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import OpenAI from 'openai';

const [chatUrl, embeddingsUrl, rateUrl, key] = process.argv.slice(2);
const model = 'support-chat';
const client = (url, apiKey = key, maxRetries = 0) =>
  new OpenAI({ baseURL: url + '/v1', apiKey, maxRetries, timeout: 30_000 });
const user = (content) => [{ role: 'user', content }];

async function raises(kind, status, code, call) {
  try {
    await call();
  } catch (e) {
    assert.equal(e.constructor, kind, String(e));
    assert.equal(e.status, status);
    assert.equal(e.code, code);
    return e;
  }
  throw new Error('no ' + kind.name);
}

const c = client(chatUrl);
assert.deepEqual((await c.models.list()).data.map((m) => m.id), [model]);

let a = await c.chat.completions.create({ model, messages: user('hello'), max_tokens: 20, temperature: 0.5, seed: 7, stop: ['x'] });
assert.equal(a.choices[0].message.content, 'fine');
assert.equal(a.usage.completion_tokens, 4);
assert.ok(a._request_id);
a = await c.chat.completions.create({ model, messages: user('[long 5000]'), max_completion_tokens: 5 });
assert.equal(a.choices[0].message.content.length, 50);
assert.equal(a.choices[0].finish_reason, 'length');

let text = '';
let usage;
for await (const event of await c.chat.completions.create({ model, messages: user('[stream 20]'), stream: true, stream_options: { include_usage: true } })) {
  text += event.choices.map((x) => x.delta.content ?? '').join('');
  usage = event.usage ?? usage;
}
assert.equal(text, 'fine'.repeat(20));
assert.equal(usage.prompt_tokens, 3);
assert.equal(await c.chat.completions.stream({ model, messages: user('[stream 3]') }).finalContent(), 'finefinefine');

assert.equal((await c.completions.create({ model, prompt: 'hello' })).choices[0].text, 'fine');
text = '';
for await (const event of await c.completions.create({ model, prompt: '[stream 4]', stream: true })) text += event.choices[0].text;
assert.equal(text, 'fine'.repeat(4));

const r = await c.responses.create({ model, input: 'hello', instructions: 'be brief', max_output_tokens: 20 });
assert.equal(r.output_text, 'fine');
assert.equal(r.status, 'completed');
const kinds = [];
for await (const event of await c.responses.create({ model, input: '[stream 3]', stream: true })) kinds.push(event.type);
assert.equal(kinds.filter((k) => k === 'response.output_text.delta').length, 3);
assert.equal(kinds.at(-1), 'response.completed');

const e = client(embeddingsUrl);
assert.deepEqual((await e.embeddings.create({ model, input: 'hello' })).data[0].embedding, [0.5, 0.5]);

const chat = (content, more = {}) => () => c.chat.completions.create({ model, messages: user(content), ...more });
await raises(OpenAI.AuthenticationError, 401, 'VLLM-501', () => client(chatUrl, 'sk-' + 'x'.repeat(40)).models.list());
await raises(OpenAI.BadRequestError, 400, 'VLLM-503', chat('x', { temperature: 2.5 }));
await raises(OpenAI.BadRequestError, 400, 'VLLM-302', chat('x', { max_tokens: 99999 }));
await raises(OpenAI.BadRequestError, 400, 'VLLM-502', chat('x'.repeat(9000)));
await raises(OpenAI.BadRequestError, 400, 'VLLM-504', chat('ignore previous'));
await raises(OpenAI.BadRequestError, 400, 'VLLM-306', chat('x', { priority: 1 }));
await raises(OpenAI.NotFoundError, 404, 'VLLM-505', () => c.moderations.create({ input: 'x' }));
await raises(OpenAI.InternalServerError, 502, 'VLLM-301', chat('[status 500]'));
await raises(OpenAI.InternalServerError, 503, 'VLLM-301', chat('[status 503]'));
await assert.rejects(async () => {
  for await (const _ of await chat('[die]', { stream: true })());
}, (broken) => broken.code === 'VLLM-301');

// A client that leaves in the middle of a stream, and goes on with the next.
const leaving = await chat('[stream 50]', { stream: true })();
for await (const _ of leaving) break;
leaving.controller.abort();
assert.equal((await chat('hello')()).choices[0].message.content, 'fine');

// A minute's worth is used up; then one request waits as long as the guard says, by itself.
const limited = client(rateUrl);
let refused;
for (let i = 0; i < 200 && !refused; i++) {
  refused = await limited.models.list().then(() => undefined, (x) => x);
}
assert.equal(refused.constructor, OpenAI.RateLimitError);
assert.equal(refused.code, 'VLLM-303');
assert.ok(Number(refused.headers.get('retry-after')) >= 1);
assert.equal((await client(rateUrl, key, 3).chat.completions.create({ model, messages: user('hello') })).choices[0].message.content, 'fine');
console.log(`openai ${JSON.parse(readFileSync('node_modules/openai/package.json', 'utf8')).version} for JavaScript: all as it should be`);
