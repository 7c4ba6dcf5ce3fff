"""The other parser: reads what came and what would go to the engine with Python's json, and holds every rule against it.

One JSON line a body on stdin: {"endpoint", "in", "out"} with the bodies in base64. Prints what breaks a rule; the last line is a count.
The lists stand here once more on purpose: they come from the contract, not from the guard's code.
"""

import base64, json, re, sys, unicodedata

SAMPLING = "model temperature top_p min_p top_k presence_penalty frequency_penalty repetition_penalty seed stop stream".split()
FIELDS = {
    "chat": SAMPLING + "messages max_tokens max_completion_tokens n logprobs top_logprobs stream_options response_format tools tool_choice parallel_tool_calls reasoning_effort".split(),
    "completions": SAMPLING + "prompt max_tokens n logprobs stream_options response_format".split(),
    "embeddings": "model input encoding_format dimensions".split(),
    "responses": SAMPLING + "input instructions max_output_tokens top_logprobs store text tools tool_choice parallel_tool_calls reasoning".split(),
    "messages": "model messages system max_tokens stop_sequences stream temperature top_p top_k tools tool_choice thinking".split(),
    "tokenize": "model prompt messages add_special_tokens return_token_strs add_generation_prompt tools".split(),
}
CAPS = {"chat": ("max_tokens", "max_completion_tokens"), "completions": ("max_tokens",), "responses": ("max_output_tokens",), "messages": ("max_tokens",)}
NEVER = set("cache_salt priority chat_template chat_template_kwargs mm_processor_kwargs kv_transfer_params vllm_xargs structured_outputs logit_bias prompt_embeds prompt_logprobs ignore_eos min_tokens best_of use_beam_search request_id image_url input_audio video_url".split())
# Bounds of the test's own policy.
CHARACTERS, TOKENS, MOST_N = 100, 64, 4
DENIED = [re.compile(r"(?i)ignore (all )?previous"), re.compile(r"(?im)^\s*(system|admin)\s*:")]


class Twice(Exception):
    pass


def pairs(items):
    names = [n for n, _ in items]
    if len(names) != len(set(names)):
        raise Twice()
    return dict(items)


def whole(v, low, high):
    return type(v) is int and low <= v <= high


def number(v, low, high):
    return type(v) in (int, float) and low <= v <= high


def texts(v):
    """Every string that is a message's, a prompt's or an input's text."""
    if isinstance(v, str):
        yield v
    elif isinstance(v, list):
        for x in v:
            yield from texts(x)
    elif isinstance(v, dict):
        for k, x in v.items():
            if k in ("content", "text", "name", "arguments", "reasoning", "reasoning_content", "thinking", "output"):
                yield from texts(x)
            elif isinstance(x, (dict, list)):
                yield from texts(x)


def names(v):
    if isinstance(v, dict):
        for k, x in v.items():
            yield k
            yield from names(x)
    elif isinstance(v, list):
        for x in v:
            yield from names(x)


def normal(text):
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return [text, re.sub(r"\s+", " ", text)]


def same(a, b):
    """Equal, and of the same types: 1 is neither 1.0 nor true."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def faults(endpoint, came, goes):
    if not isinstance(goes, dict):
        yield "is no object"
        return
    written = {"cache_salt", "temperature", "max_tokens", "max_output_tokens", "stream_options", "store"}
    for name in goes:
        if name not in FIELDS[endpoint] and name != "cache_salt":
            yield "holds " + name
    if goes.get("model") not in ("m", "m2"):
        yield "names another model"
    caps = [goes[c] for c in CAPS.get(endpoint, ()) if c in goes]
    if endpoint in CAPS and (not caps or not all(whole(c, 1, TOKENS) for c in caps)):
        yield "has no bound of its output, or one too large"
    if endpoint in CAPS and not number(goes.get("temperature"), 0, 2):
        yield "has no temperature within its range"
    if endpoint != "tokenize" and goes.get("cache_salt") != "salt":
        yield "has another salt"
    prompts = len(goes["prompt"]) if isinstance(goes.get("prompt"), list) else 1
    if "n" in goes and not whole(goes["n"], 1, MOST_N):
        yield "asks for too many answers"
    if goes.get("n", 1) * prompts > MOST_N:
        yield "asks for too many answers, prompts times n"
    for name, low, high in (("top_p", 0, 1), ("min_p", 0, 1), ("presence_penalty", -2, 2), ("frequency_penalty", -2, 2), ("repetition_penalty", 0, 2)):
        if name in goes and not number(goes[name], low, high):
            yield name + " is out of range"
    for name, low, high in (("top_k", -1, 1000), ("top_logprobs", 0, 5), ("seed", -2**63, 2**63 - 1)):
        if name in goes and not whole(goes[name], low, high):
            yield name + " is out of range"
    stops = goes.get("stop", goes.get("stop_sequences", []))
    stops = [stops] if isinstance(stops, str) else stops
    if len(stops) > 4 or not all(isinstance(s, str) and 0 < len(s) <= 64 for s in stops):
        yield "has stops that are too many or too long"
    if goes.get("stream") is True and endpoint in ("chat", "completions") and goes.get("stream_options") != {"include_usage": True}:
        yield "does not ask for the usage"
    if endpoint == "responses" and goes.get("store") is not False:
        yield "stores"
    subject = [t for f in ("messages", "prompt", "input", "system", "instructions") if f in goes for t in texts(goes[f])]
    if sum(map(len, subject)) > CHARACTERS:
        yield "has too long a prompt"
    for text in subject + ["\n".join(subject)]:
        if any(d.search(n) for n in normal(text) for d in DENIED):
            yield "holds what a pattern denies"
    if any(0xD800 <= ord(c) < 0xE000 for t in subject for c in t):
        yield "holds half of a character"
    bad = NEVER & set(names({k: v for k, v in goes.items() if k not in ("cache_salt", "tools", "response_format", "text")}))
    if bad:
        yield "holds " + ", ".join(sorted(bad))
    # What passes, passes exactly: integers stay integers, digit for digit.
    for name, value in goes.items():
        if (endpoint, name) == ("messages", "tools"):
            continue  # Made anew: a tool's type and cache hints do not pass.
        if name in came and came[name] is not None and name not in ("messages", "input", "reasoning", "stream_options", "store", "cache_salt") and not same(came[name], value):
            yield name + " was changed"
        if name not in came and name not in written:
            yield name + " was made up"


def main():
    seen = bad = 0
    for line in sys.stdin:
        row = json.loads(line)
        seen += 1
        try:
            came = json.loads(base64.b64decode(row["in"]).decode("utf-8"), object_pairs_hook=pairs, parse_constant=lambda c: 1 / 0)
            goes = json.loads(base64.b64decode(row["out"]).decode("utf-8"), object_pairs_hook=pairs, parse_constant=lambda c: 1 / 0)
            said = list(faults(row["endpoint"], came, goes))
        except (ValueError, Twice, ZeroDivisionError, RecursionError) as e:
            said = ["cannot be read: " + type(e).__name__]
        if said:
            bad += 1
            if bad <= 10:
                print(row["endpoint"], "; ".join(said), base64.b64decode(row["out"])[:300])
    print(seen, "bodies read,", bad, "break a rule")
    sys.exit(1 if bad else 0)


main()
