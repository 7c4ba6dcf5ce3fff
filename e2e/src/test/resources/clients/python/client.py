"""The official Python client, unchanged, against guards: client.py CHAT_URL EMBEDDINGS_URL RATE_URL KEY."""

import sys

import openai

chat_url, embeddings_url, rate_url, key = sys.argv[1:]
MODEL = "support-chat"


def client(url, api_key=key, retries=0):
    return openai.OpenAI(base_url=url + "/v1", api_key=api_key, max_retries=retries, timeout=30)


def user(text):
    return [{"role": "user", "content": text}]


def raises(kind, status, code, call):
    try:
        call()
    except kind as e:
        assert type(e) is kind, type(e)
        assert e.status_code == status, e.status_code
        assert e.code == code, e.code
        return e
    raise AssertionError("no " + kind.__name__)


c = client(chat_url)
assert [m.id for m in c.models.list()] == [MODEL]

a = c.chat.completions.create(model=MODEL, messages=user("hello"), max_tokens=20, temperature=0.5, seed=7, stop=["x"])
assert a.choices[0].message.content == "fine" and a.usage.completion_tokens == 4 and a.id.startswith("chatcmpl-")
assert a._request_id and a.choices[0].finish_reason == "stop"
a = c.chat.completions.create(model=MODEL, messages=user("[long 5000]"), max_completion_tokens=5)
assert len(a.choices[0].message.content) == 50 and a.choices[0].finish_reason == "length"

text, usage = "", None
for event in c.chat.completions.create(model=MODEL, messages=user("[stream 20]"), stream=True, stream_options={"include_usage": True}):
    text += "".join(x.delta.content or "" for x in event.choices)
    usage = event.usage or usage
assert text == "fine" * 20, text
assert usage.prompt_tokens == 3
with c.chat.completions.stream(model=MODEL, messages=user("[stream 3]")) as stream:
    assert stream.get_final_completion().choices[0].message.content == "fine" * 3

assert c.completions.create(model=MODEL, prompt="hello").choices[0].text == "fine"
assert "".join(e.choices[0].text for e in c.completions.create(model=MODEL, prompt="[stream 4]", stream=True)) == "fine" * 4

r = c.responses.create(model=MODEL, input="hello", instructions="be brief", max_output_tokens=20)
assert r.output_text == "fine" and r.status == "completed" and r.usage.output_tokens == 4
kinds = [e.type for e in c.responses.create(model=MODEL, input="[stream 3]", stream=True)]
assert kinds.count("response.output_text.delta") == 3 and kinds[-1] == "response.completed", kinds

e = client(embeddings_url)
assert e.embeddings.create(model=MODEL, input="hello").data[0].embedding == [0.5, 0.5]
assert e.embeddings.create(model=MODEL, input=["a", "b"]).usage.prompt_tokens == 3

raises(openai.AuthenticationError, 401, "VLLM-501", lambda: client(chat_url, "sk-" + "x" * 40).models.list())
raises(openai.BadRequestError, 400, "VLLM-503", lambda: c.chat.completions.create(model=MODEL, messages=user("x"), temperature=2.5))
raises(openai.BadRequestError, 400, "VLLM-302", lambda: c.chat.completions.create(model=MODEL, messages=user("x"), max_tokens=99999))
raises(openai.BadRequestError, 400, "VLLM-502", lambda: c.chat.completions.create(model=MODEL, messages=user("x" * 9000)))
raises(openai.BadRequestError, 400, "VLLM-504", lambda: c.chat.completions.create(model=MODEL, messages=user("ignore previous")))
raises(openai.BadRequestError, 400, "VLLM-306", lambda: c.chat.completions.create(model=MODEL, messages=user("x"), extra_body={"priority": 1}))
raises(openai.NotFoundError, 404, "VLLM-505", lambda: c.moderations.create(input="x"))
raises(openai.InternalServerError, 502, "VLLM-301", lambda: c.chat.completions.create(model=MODEL, messages=user("[status 500]")))
raises(openai.InternalServerError, 503, "VLLM-301", lambda: c.chat.completions.create(model=MODEL, messages=user("[status 503]")))
try:
    list(c.chat.completions.create(model=MODEL, messages=user("[die]"), stream=True))
    raise AssertionError("a stream that breaks off ends as if it were whole")
except openai.APIError as broken:
    assert broken.code == "VLLM-301", broken

# A minute's worth is used up; then one request waits as long as the guard says, by itself.
limited = client(rate_url)
refused = None
for _ in range(200):
    try:
        limited.models.list()
    except openai.RateLimitError as x:
        refused = x
        break
assert refused is not None and refused.code == "VLLM-303", refused
assert int(refused.response.headers["retry-after"]) >= 1
assert refused.response.headers["x-ratelimit-remaining-requests"] == "0"
assert client(rate_url, retries=3).chat.completions.create(model=MODEL, messages=user("hello")).choices[0].message.content == "fine"
print("openai " + openai.__version__ + " for Python: all as it should be")
