#!/usr/bin/env python3
"""Join one version's dumped arguments and registries into the small file that Ringfence reads.

Usage: python3 compact.py ARGUMENTS.json REGISTRIES.json > VERSION.json
       python3 compact.py --all      # every pair in data/ into the operator's resources, and their list, versions.json
       python3 compact.py --check    # the same, but only says what differs (exit 1)

The output is what a release of Ringfence carries, and what a platform team puts into the ConfigMap that
VLLMPolicy's spec.engine.argumentTables names, as the entry VERSION.json.
"""
import hashlib
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESOURCES = HERE.parents[1] / "operator/src/main/resources/dev/ringfence/vllm"
# How vLLM's converters are called in the dump: what a value must be. Everything else is free text here.
TYPES = {"int": "int", "float": "float", "human_readable_int": "humanInt", "human_readable_int_or_auto": "humanIntOrAuto",
         "loads": "json", "parse_dataclass": "json"}
KINDS = {"value": "value", "append": "append", "flag": "flag", "boolean": "boolean", "EnableDisableAction": "boolean",
         "LoRAParserAction": "value", "DeprecatedLogConfigFileAction": "value"}
INVERSE = {"--enable-": "--disable-", "--disable-": "--enable-"}


def inverses(name):
    return [other + name.removeprefix(prefix) for prefix, other in INVERSE.items() if name.startswith(prefix)]


def argument(raw):
    """One argument. Of a boolean the names that switch it on and those that switch it off are told apart.

    vLLM 0.33's EnableDisableAction shows --disable-x for --enable-x and hides --no-enable-x, but takes both
    (vllm/utils/argparse_utils.py); a dump that lists only what help shows lacks the hidden ones: they are added here.
    """
    kind = KINDS[raw["kind"]]
    names, negations = [], []
    if kind == "boolean":
        off = set()
        for name in raw["names"]:
            if name not in off:
                names.append(name)
                if name.startswith("--"):
                    off |= {"--no-" + name[2:], *(inverses(name) if raw["kind"] == "EnableDisableAction" else [])}
        first = ["--no-" + n[2:] for n in names if n.startswith("--")]
        negations = first + [n for n in raw["names"] if n in off and n not in first]
    else:
        names = raw["names"]
    out = {"names": names}
    if negations:
        out["negations"] = negations
    out["kind"] = kind
    if kind in ("value", "append"):
        out |= {"type": TYPES[raw["type"]]} if raw.get("type") in TYPES else {}
        out |= {"nargs": raw["nargs"]} if raw.get("nargs") else {}
        # A converter that rewrites the value (<lambda>) is followed by choices of the rewritten one.
        out |= {"choices": raw["choices"]} if raw.get("choices") and raw.get("type") != "<lambda>" else {}
    return out


def compact(arguments_file, registries_file):
    arguments, registries = (json.loads(f.read_text(encoding="utf-8")) for f in (arguments_file, registries_file))
    if arguments["vllm"] != registries["version"]:
        sys.exit(f"{arguments_file.name} is of {arguments['vllm']}, {registries_file.name} of {registries['version']}")
    known = registries["architectures"]
    groups = ("textGeneration", "pooling", "crossEncoder", "multimodal", "transformersSupported")
    head = {
        "version": arguments["vllm"],
        "source": {
            "arguments": {"what": arguments["source"], "sha256": hashlib.sha256(arguments_file.read_bytes()).hexdigest()},
            "registries": registries["source"] | {"dumpSha256": hashlib.sha256(registries_file.read_bytes()).hexdigest()}},
        "toolParsers": registries["toolCallParsers"],
        "reasoningParsers": registries["reasoningParsers"],
        "quantizationMethods": registries["quantizationMethods"],
        "deprecatedQuantizationMethods": registries["deprecatedQuantizationMethods"],
        "architectures": {g: known[g] for g in groups},
        "removedArchitectures": known["removed"]}
    lines = [f" {json.dumps(k)}: {json.dumps(v)}" for k, v in head.items()]
    rows = ",\n".join("  " + json.dumps(argument(a)) for a in arguments["arguments"])
    return "{\n" + ",\n".join(lines) + ',\n "arguments": [\n' + rows + "\n ]\n}\n"


def main(*args):
    if args not in (("--all",), ("--check",)):
        sys.stdout.write(compact(*map(Path, args)) if len(args) == 2 else sys.exit(__doc__))
        return
    found = sorted((f.name.removeprefix("arguments-").removesuffix(".json") for f in (HERE / "data").glob("arguments-*.json")),
                   key=lambda v: [int(n) for n in re.findall(r"\d+", v)])
    want = {f"{v}.json": compact(HERE / f"data/arguments-{v}.json", HERE / f"data/registries-{v}.json") for v in found}
    want["versions.json"] = json.dumps(found) + "\n"
    stale = [n for n, t in want.items() if not (RESOURCES / n).exists() or (RESOURCES / n).read_text(encoding="utf-8") != t]
    if args == ("--check",):
        sys.exit("differs from what data/ gives: " + ", ".join(stale) if stale else 0)
    for n in stale:
        (RESOURCES / n).write_text(want[n], encoding="utf-8")
        print("written", n)


if __name__ == "__main__":
    main(*sys.argv[1:])
