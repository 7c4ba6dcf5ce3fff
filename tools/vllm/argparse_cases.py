#!/usr/bin/env python3
"""Make the cases that hold Release.parse against vLLM's own parser.

Usage: python3.12 argparse_cases.py SOURCE_DIR > operator/src/test/resources/dev/ringfence/vllm/argparse-VERSION.json
SOURCE_DIR is vLLM's unpacked source. Its vllm/utils/argparse_utils.py (FlexibleArgumentParser) is loaded alone, on the
argparse of the Python that runs this (vLLM's images have 3.12), and gets the version's arguments from data/. Of the
converters only those are rebuilt that can refuse a value; values stay as they were written, so that they can be compared.
Each case is [arguments, result]: null where vLLM stops, else {"model": ..., "NAME": values, or true or false}.
"""
import argparse
import contextlib
import io
import json
import random
import re
import sys
import types
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import compact  # noqa: E402

CASES = 220


def load(source):
    """vLLM's parser class, without the rest of vLLM."""
    logger = types.SimpleNamespace(warning=lambda *a: None, warning_once=lambda *a: None, error=lambda *a: None)
    sys.modules["regex"] = re
    sys.modules["yaml"] = types.ModuleType("yaml")
    sys.modules["vllm"] = types.ModuleType("vllm")
    sys.modules["vllm.logger"] = types.SimpleNamespace(init_logger=lambda name: logger)
    module = types.ModuleType("argparse_utils")
    code = (Path(source) / "vllm/utils/argparse_utils.py").read_text(encoding="utf-8")
    exec(compile(code, "argparse_utils.py", "exec"), module.__dict__)
    return module


def checked(convert):
    def check(value):
        convert(value)
        return value
    return check


def one_of(choices):
    def check(value):
        if value not in choices:
            raise ValueError(value)
        return value
    return check


def parser_of(module, arguments):
    types_ = {"int": int, "float": float, "human_readable_int": module.human_readable_int,
              "human_readable_int_or_auto": module.human_readable_int_or_auto,
              "loads": json.loads, "parse_dataclass": json.loads}
    parser = module.FlexibleArgumentParser(prog="vllm serve")
    parser.add_argument("model_tag", nargs="?")
    for raw in arguments:
        names = compact.argument(raw)["names"]
        kind = compact.KINDS[raw["kind"]]
        if kind == "boolean":
            parser.add_argument(*names, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS)
        elif kind == "flag":
            parser.add_argument(*names, action="store_true", default=argparse.SUPPRESS)
        else:
            choices = raw.get("choices") if raw.get("type") != "<lambda>" else None
            convert = checked(types_[raw["type"]]) if raw.get("type") in types_ else str
            if choices and "None" in choices:  # optional_type: the empty text is None too
                convert, choices = one_of([*choices, ""]), None
            parser.add_argument(
                *names, type=convert, choices=choices, default=argparse.SUPPRESS, nargs=raw.get("nargs"),
                action="append" if kind == "append" else "store")
    return parser


def run(parser, args):
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            space = vars(parser.parse_args(args))
    except (SystemExit, argparse.ArgumentError, IndexError, TypeError, AttributeError):
        return None
    out = {"model": space.pop("model_tag")} if space.get("model_tag") is not None else {}
    space.pop("model_tag", None)
    by_dest = {a.dest: a for a in parser._actions}
    for dest, value in space.items():
        if value is None:  # --hf-token without its value
            value = []
        name = next(o for o in by_dest[dest].option_strings if o.startswith("--"))
        out[name] = value if isinstance(value, (bool, list)) else [value]
    return out


FIXED = [
    [], ["m"], ["m", "n"], ["--"], ["--", "--seed=1"], ["--seed"], ["--seed", "1", "m"], ["m", "--seed", "1"], ["--seed=1", "--seed=2"],
    ["--max-logprobs=5"], ["--max_logprobs=5"], ["--max-logp=5"], ["--max-log=5"], ["--max-logprobs", "-1"], ["--max-logprobs=-1"],
    ["--max-logprobs=x"], ["--max-logprobs="], ["--max-logprobs", ""], ["--max-logprobs+=5"], ["-max-logprobs=5"], ["--Max-Logprobs=5"],
    ["--max-logprobs", "--enable-prefix-caching"], ["--max-logprobs=5 --enable-prefix-caching"], ["--max-logprobs 5"],
    ["--enable-prefix-caching"], ["--enable-prefix-caching=true"], ["--enable-prefix-caching", "false"], ["--enable_prefix_caching"],
    ["--no-enable-prefix-caching"], ["--disable-prefix-caching"], ["--no-disable-prefix-caching"], ["--no_enable_prefix_caching"],
    ["--enable-prefix-cach"], ["--enable-prefix_cachin"], ["--no-enable-prefix"], ["--disable-prefix"], ["--enable-pre"],
    ["--enable-fastapi-docs"], ["--disable-fastapi-docs"], ["--no-disable-fastapi-docs"], ["--no-enable-fastapi-docs"],
    ["--disable-log-requests"], ["--enable-log-r"], ["--disable-log"], ["--no-enable-log-requests", "--enable-log-requests"],
    ["-tp", "2"], ["-tp=2"], ["-tp2"], ["-t", "2"], ["-q", "awq"], ["-q=awq"], ["-qawq"], ["-n", "2"], ["-n2"], ["-n=2"], ["-r1"], ["-d", "1"],
    ["-dp", "2"], ["-dpl=1"], ["-s", "{}"], ["-sc", "{}"], ["-sc.model", "x"], ["-sc.model=x"], ["-a", "{}"], ["-ep"], ["-ep=1"], ["-e"], ["-dpe"],
    ["-O3"], ["-O=2"], ["-O", "2"], ["-O", "x"], ["-O"], ["-Ofull"], ["-h"], ["--help"], ["--help=all"], ["--he"], ["--hea"], ["--head"], ["-hq"],
    ["--version"], ["-v"], ["--vers"], ["--unknown=1"], ["--unknown", "1"], ["-z"], ["-5"], ["-5.5"], ["--seed", "-5"], ["--seed", "-0.5", "x"],
    ["--kv-transfer-config", "{}"], ["--kv_transfer_config.kv_connector=X"], ["--kv-transfer-config.kv_connector", "X"],
    ["--kv-tr.kv_connector", "X"], ["--kv-transfer-config.a.b=1", "--kv-transfer-config.a.c=2"], ["--kv-transfer-config.l+=a,b", "--kv-transfer-config.l+", "c"],
    ["--kv-transfer-config.l=1", "--kv-transfer-config.l=2"], ["--kv-transfer-config.x"], ["--unknown.x=1"], ["--k.x=1"],
    ["--speculative-config.model", "evil/draft"], ["--speculative-config.model", "--enable-prefix-caching"], ["--hf-overrides.a=true"],
    ["--compilation-config.mode=3", "m"], ["--compilation-config={\"mode\":3}"], ["--compilation-config=x"], ["--compilation-config", "1.5"],
    ["--served-model-name", "a", "b", "c"], ["--served-model-name=a", "b"], ["--served-model-name", "--seed=1"], ["--served-model-name", "a", "--", "b"],
    ["m", "--served-model-name", "a", "b", "--seed", "1"], ["--served-model-name", "a", "--served-model-name", "b"],
    ["--hf-token"], ["--hf-token", "x"], ["--hf-token", "--seed=1"], ["--hf-token=x"], ["--middleware=a", "--middleware=b"], ["--middleware", "a", "b"],
    ["--lora-modules", "x=y"], ["--lora-modules", "x=y", "z=w"], ["--cudagraph-capture-sizes", "1", "2"], ["--cudagraph-capture-sizes", "1", "x"],
    ["--dtype=half"], ["--dtype=Half"], ["--dtype", "x"], ["--max-model-len=8k"], ["--max-model-len=8K"], ["--max-model-len=25.6k"], ["--max-model-len=1.5K"],
    ["--max-model-len=auto"], ["--max-model-len=-1"], ["--max-model-len", "-1"], ["--max-model-len= 5 "], ["--max-model-len=1_000"], ["--max-model-len=0x10"],
    ["--max-num-batched-tokens=auto"], ["--max-num-batched-tokens=8k"], ["--gpu-memory-utilization=0.9"], ["--gpu-memory-utilization=.9"],
    ["--gpu-memory-utilization=9e-1"], ["--gpu-memory-utilization=nan"], ["--gpu-memory-utilization=inf"], ["--gpu-memory-utilization=0,9"],
    ["--gpu-memory-utilization", "-0.5"], ["--device-memory-utilization=0.9"], ["--gpu-mem", "0.9"], ["--device", "x"], ["--allowed-origins=[\"*\"]"],
    ["--allowed-origins=*"], ["--dcp-comm-backend="], ["--dcp-comm-backend=None"], ["--dcp-comm-backend=x"], ["--collect-detailed-traces", "all", "model"],
    ["--collect-detailed-traces", "all", "x"], ["--grpc"], ["--grpc=1"], ["--grp"], ["--conf"], ["--confi"], ["--config="],
    ["--seed\t1"], ["--seed=1\n"], ["\u2014seed=1"], [" --seed=1"], [""], [" "], ["-"], ["---seed=1"], ["--=1"], ["-=1"], ["--seed==1"], ["--s=1"], ["--__=1"],
    ["--trust-remote-code=true"], ["--trust-rem"], ["--no-trust-remote-code"], ["--trust-request"], ["--trust_remote_code"], ["--no-seed"],
    ["--tokenizer", "evil/x"], ["--tokeniz", "x"], ["--token"], ["--revision=main"], ["--rev", "main"], ["--quantization", "awq"], ["--quant=awq"],
    ["m", "--served-model-name=tiny", "--uds=/run/e.sock", "--load-format=safetensors", "--no-trust-remote-code", "--no-enable-prefix-caching",
     "--gpu-memory-utilization=0.85", "--max-model-len=4096", "--max-num-seqs=64", "--max-num-batched-tokens=4096", "--max-logprobs=5",
     "--generation-config=vllm", "--override-generation-config={\"max_new_tokens\":2048}", "--no-enable-log-requests", "--max-log-len=0",
     "--disable-fastapi-docs", "--fingerprint-mode=none", "--shutdown-timeout=30", "--disable-uvicorn-access-log", "--enable-force-include-usage",
     "--dtype=auto", "--config-format=hf", "--model-impl=vllm", "--language-model-only", "--tensor-parallel-size=2", "--quantization=awq"],
]


def made_up(rng, arguments):
    """One command line of one to three arguments, each spelled in some way that may or may not work."""
    args = []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        row = compact.argument(rng.choice(arguments))
        name = rng.choice(row["names"] + row.get("negations", []))
        trick = rng.choice(["", "", "under", "prefix", "prefix", "short", "negate", "dot", "plus", "upper"])
        if trick == "under":
            name = name.replace("-", "_").replace("__", "--", 1) if name.startswith("--") else name
        elif trick == "prefix":
            name = name[:rng.randint(min(3, len(name)), len(name))]
        elif trick == "short":
            name = name[1:]
        elif trick == "negate":
            name = rng.choice(["--no-", "--disable-", "--enable-"]) + name.lstrip("-")
        elif trick == "dot":
            name += rng.choice([".a", ".a.b", ".a+", "."])
        elif trick == "plus":
            name += "+"
        elif trick == "upper":
            name = name.upper()
        values = ["1", "0", "-1", "0.5", "auto", "x", "", "{}", "[1]", "--seed", "-5", "a b", "None", "8k", "true", *row.get("choices", [])]
        how = rng.random()
        if how < 0.35:
            args.append(f"{name}={rng.choice(values)}")
        elif how < 0.7:
            args += [name, rng.choice(values)]
        elif how < 0.85:
            args += [name, rng.choice(values), rng.choice(values)]
        else:
            args.append(name)
    return (["m"] if rng.random() < 0.4 else []) + args


def main(source):
    info = (Path(source) / "PKG-INFO").read_text(encoding="utf-8")
    version = re.search(r"^Version: (\S+)", info, re.M)[1]
    arguments = json.loads((HERE / f"data/arguments-{version}.json").read_text(encoding="utf-8"))["arguments"]
    parser = parser_of(load(source), arguments)
    rng = random.Random(version)
    # --config as an element of its own reads a file, which Release.parse does not do.
    cases = [c for c in FIXED + [made_up(rng, arguments) for _ in range(CASES)] if "--config" not in c]
    rows = ",\n".join("  " + json.dumps([c, run(parser, list(c))]) for c in cases)
    print('{\n "version": "%s", "python": "%s",\n "cases": [\n%s\n ]\n}' % (version, sys.version.split()[0], rows))


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) == 2 else sys.exit(__doc__)
