#!/usr/bin/env python3
"""Make a tiny Llama that a real vLLM loads and that answers in English words, byte for byte the same every time.

Usage: tools/vllm/tiny_model.py FOLDER [--quantized] [--reversed] [--extra NAME]...

Two layers, 0.4 MB of float32, tokenizer and chat template; standard library only. The weights are random but for one thing:
the head is the embedding moved on by one, so that each word is followed by the next one of a fixed round of words, whatever
the temperature. So an answer is printable, never repeats itself early, and can be told beforehand.
--quantized: linear layers as fp8 with one scale each (compressed-tensors, naive), as a quantizing tool leaves them.
--reversed: the round backwards; other weights of the same size, everything else the same.
--extra: the same model with something in its folder that Ringfence refuses; see EXTRAS.
"""
import argparse
import array
import hashlib
import json
import random
import struct
import sys
from pathlib import Path

HIDDEN, HEADS, HEAD, INNER, LAYERS, VOCABULARY = 64, 2, 32, 64, 2, 384
CONTEXT = 8192
SPECIAL = ["<unk>", "<s>", "</s>", "<|user|>", "<|assistant|>", "<|system|>"]

# The round; each word once, so that the next one is always known.
WORDS = """a careful engineer reads every line of the manual before she turns on an unfamiliar machine because small
mistakes made early grow expensive later and nobody enjoys repairing pumps at midnight while rain falls through broken roof
tiles onto cold concrete floors where old tools lie scattered among rusty bolts tangled wires forgotten gloves empty cups
yellow lamps flicker softly until morning arrives then birds sing outside windows open wide fresh air smells like wet grass
people gather around long wooden tables sharing warm bread with butter honey jam talking about plans for spring gardens
bridges boats distant islands""".split()
assert len(WORDS) == len(set(WORDS))

CHAT_TEMPLATE = ("{{ '<s>' }}{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] }}{% endfor %}"
                 "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}")


def vocabulary():
    """Pieces of a unigram tokenizer with their scores: specials, all bytes, letters, then the words of the round."""
    pieces = [[s, 0.0] for s in SPECIAL]
    pieces += [[f"<0x{b:02X}>", -30.0] for b in range(256)]
    pieces += [["▁" + w, -5.0] for w in WORDS]
    pieces += [["▁", -9.0]]
    pieces += [[f"<|spare{i}|>", -40.0] for i in range(VOCABULARY - len(pieces))]
    assert len(pieces) == VOCABULARY
    return pieces


def tokenizer(pieces):
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": s, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
                         for i, s in enumerate(SPECIAL)],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {"type": "Unigram", "unk_id": 0, "vocab": pieces, "byte_fallback": True},
    }


def config():
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float32",
        "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "intermediate_size": INNER, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "num_key_value_heads": HEADS, "head_dim": HEAD, "hidden_act": "silu",
        "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
        "tie_word_embeddings": False, "attention_bias": False, "mlp_bias": False,
        "bos_token_id": 1, "eos_token_id": 2,
    }


def joined(pieces, embedding, step):
    """The head, for which each word is followed by the next, and the first word by everything that is none.

    The first number of an embedding says that a piece is no word, so that the first word needs one row for all of those.
    """
    first = next(i for i, p in enumerate(pieces) if p[0] == "▁" + WORDS[0])
    words = range(first, first + len(WORDS))
    for i in range(VOCABULARY):
        embedding[i * HIDDEN] = 0.0 if i in words else 6.0
    head = [0.0] * (VOCABULARY * HIDDEN)
    for i in words:
        at = (first + (i - first + step) % len(WORDS)) * HIDDEN
        head[at:at + HIDDEN] = embedding[i * HIDDEN:(i + 1) * HIDDEN]
    head[first * HIDDEN] = 20.0
    return head


def weights(pieces, step):
    rng = random.Random("ringfence tiny model 1")

    def matrix(rows, columns, spread):
        return (rows, columns), [rng.gauss(0, spread) for _ in range(rows * columns)]

    out = {"model.embed_tokens.weight": matrix(VOCABULARY, HIDDEN, 1.0), "model.norm.weight": ((HIDDEN,), [1.0] * HIDDEN)}
    for n in range(LAYERS):
        at = f"model.layers.{n}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            out[f"{at}{name}.weight"] = ((HIDDEN,), [1.0] * HIDDEN)
        for name in "qkvo":
            out[f"{at}self_attn.{name}_proj.weight"] = matrix(HIDDEN, HIDDEN, 0.02)
        for name, shape in (("gate", (INNER, HIDDEN)), ("up", (INNER, HIDDEN)), ("down", (HIDDEN, INNER))):
            out[f"{at}mlp.{name}_proj.weight"] = matrix(*shape, 0.02)
    out["lm_head.weight"] = ((VOCABULARY, HIDDEN), joined(pieces, out["model.embed_tokens.weight"][1], step))
    return out


def fp8(value):
    """The byte of float8_e4m3fn that is nearest to the value (at most 448)."""
    sign, value = (0x80, -value) if value < 0 else (0, value)
    table = [(m / 8 * 2.0**-6 if e == 0 else (1 + m / 8) * 2.0 ** (e - 7)) for e in range(16) for m in range(8)][:127]
    best = min(range(127), key=lambda b: abs(table[b] - min(value, 448.0)))
    return sign | best


def safetensors(tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name in sorted(tensors):
        kind, shape, raw = tensors[name]
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + data


def floats(values):
    a = array.array("f", values)
    if sys.byteorder == "big":
        a.byteswap()
    return a.tobytes()


def tensors(plain, quantized):
    out = {}
    for name, (shape, values) in plain.items():
        if quantized and "_proj" in name:
            scale = max(map(abs, values)) / 448.0
            out[name] = ("F8_E4M3", shape, bytes(fp8(v / scale) for v in values))
            out[name + "_scale"] = ("F32", (1,), floats([scale]))
        else:
            out[name] = ("F32", shape, floats(values))
    return out


QUANTIZED = {
    "quant_method": "compressed-tensors", "format": "naive-quantized", "quantization_status": "compressed", "ignore": ["lm_head"],
    "config_groups": {"group_0": {
        "targets": ["Linear"], "output_activations": None,
        "weights": {"num_bits": 8, "type": "float", "strategy": "tensor", "symmetric": True, "dynamic": False},
        "input_activations": {"num_bits": 8, "type": "float", "strategy": "token", "symmetric": True, "dynamic": True}}},
}


def text(value):
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


def files(quantized, backwards):
    pieces = vocabulary()
    own = config()
    if quantized:
        own["quantization_config"] = QUANTIZED
    return {
        "config.json": text(own),
        "generation_config.json": text({"bos_token_id": 1, "eos_token_id": 2, "do_sample": True, "temperature": 0.6}),
        "tokenizer.json": text(tokenizer(pieces)),
        "tokenizer_config.json": text({
            "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
            "model_max_length": CONTEXT, "clean_up_tokenization_spaces": False, "chat_template": CHAT_TEMPLATE}),
        "model.safetensors": safetensors(tensors(weights(pieces, -1 if backwards else 1), quantized)),
    }


def edited(files_, name, edit):
    value = json.loads(files_[name])
    edit(value)
    files_[name] = text(value)


def speculators(files_):
    """vLLM then serves another model, the "verifier" that is named, from the hub or from any folder."""
    edited(files_, "config.json", lambda c: c.update(
        speculators_model_type="eagle3", transformer_layer_config={}, speculators_config={"algorithm": "eagle3", "verifier": {"name_or_path": "OTHER", "architectures": ["LlamaForCausalLM"]},
                            "proposal_methods": [{"proposal_type": "greedy", "speculative_tokens": 1}]}))


def params(files_):
    """Configuration and weights of Mistral's own format, beside the others."""
    files_["consolidated.safetensors"] = files_["model.safetensors"]
    files_["params.json"] = text({
        "dim": HIDDEN, "n_layers": LAYERS, "head_dim": HEAD, "hidden_dim": INNER, "n_heads": HEADS, "n_kv_heads": HEADS,
        "norm_eps": 1e-05, "vocab_size": VOCABULARY, "max_position_embeddings": CONTEXT, "rope_theta": 10000.0})


def nested_auto_map(files_):
    """Code of a repository, named where only the parser of a part of the configuration looks."""
    edited(files_, "config.json", lambda c: c.update(text_config={
        "model_type": "evil", "auto_map": {"AutoConfig": "configuration_evil.EvilConfig"}}))


def auto_map(files_):
    """Code of the folder, which vLLM imports where remote code is trusted."""
    edited(files_, "config.json", lambda c: c.update(
        model_type="evil", auto_map={"AutoConfig": "configuration_evil.EvilConfig"}))
    files_["configuration_evil.py"] = (
        b"import sys\nprint('code of the model folder ran', file=sys.stderr, flush=True)\n"
        b"from transformers import LlamaConfig\n\n\nclass EvilConfig(LlamaConfig):\n    model_type = 'evil'\n")


def pickled(files_):
    """Weights as a pickle beside the others."""
    files_["pytorch_model.bin"] = b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."


EXTRAS = {"speculators_config": speculators, "params.json": params, "nested-auto_map": nested_auto_map, "auto_map": auto_map, "pickle": pickled}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("folder", type=Path)
    p.add_argument("--quantized", action="store_true")
    p.add_argument("--reversed", action="store_true")
    p.add_argument("--extra", action="append", default=[], choices=sorted(EXTRAS))
    a = p.parse_args()
    made = files(a.quantized, a.reversed)
    for extra in a.extra:
        EXTRAS[extra](made)
    a.folder.mkdir(parents=True, exist_ok=True)
    for name, content in made.items():
        (a.folder / name).write_bytes(content)
    print(f"{a.folder}: {sum(map(len, made.values()))} bytes, sha256 of model.safetensors {hashlib.sha256(made['model.safetensors']).hexdigest()}")


if __name__ == "__main__":
    main()
