"""What a user's program does with OpenAI's own client, unchanged. Prints one JSON object for each step."""
import json
import os
import sys

import openai

MODEL = "tiny"
client = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key=os.environ["API_KEY"], max_retries=0, timeout=120)


def chat(content="hello there", **more):
    return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}], **more)


def models():
    return [m.id for m in client.models.list()]


def plain():
    r = chat(max_tokens=12)
    return {"text": r.choices[0].message.content, "finish": r.choices[0].finish_reason, "tokens": r.usage.completion_tokens}


def streamed():
    events = list(chat(max_tokens=12, stream=True, stream_options={"include_usage": True}))
    text = "".join(c.delta.content or "" for e in events for c in e.choices)
    return {"text": text, "events": len(events), "tokens": events[-1].usage.completion_tokens}


def completed():
    r = client.completions.create(model=MODEL, prompt="a careful", max_tokens=6)
    return {"text": r.choices[0].text, "tokens": r.usage.completion_tokens}


def by_default():
    r = chat()
    return {"finish": r.choices[0].finish_reason, "tokens": r.usage.completion_tokens}


def refused(call):
    try:
        call()
    except openai.APIStatusError as e:
        return {"status": e.status_code, "code": e.code, "kind": type(e).__name__}
    return {"status": 200}


def canary():
    """The same prompt twice, each way; what it says must be nowhere afterwards."""
    word = os.environ["CANARY"]
    texts = {chat(word, max_tokens=8, temperature=0).choices[0].message.content for _ in range(2)}
    for _ in chat(word, max_tokens=8, stream=True):
        pass
    client.completions.create(model=MODEL, prompt=word, max_tokens=8)
    refused(lambda: chat(word, max_tokens=99999))
    refused(lambda: chat(word, extra_body={word: 1}))
    return {"texts": len(texts)}


STEPS = {
    "models": models, "plain": plain, "streamed": streamed, "completed": completed, "by_default": by_default, "canary": canary,
    "most": lambda: {"tokens": chat(max_tokens=2048).usage.completion_tokens},
    "too_many": lambda: refused(lambda: chat(max_tokens=2049)),
    "unknown_field": lambda: refused(lambda: chat(extra_body={"cache_salt": "x"})),
    "too_hot": lambda: refused(lambda: chat(temperature=2.1)),
    "not_open": lambda: refused(lambda: client.embeddings.create(model=MODEL, input="x")),
    "wrong_key": lambda: refused(lambda: client.with_options(api_key="x" * 40).models.list()),
}

for step in sys.argv[1:]:
    print(json.dumps({step: STEPS[step]()}), flush=True)
