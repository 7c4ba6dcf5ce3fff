#!/usr/bin/env python3
"""Dump every argument of `vllm serve` as the installed vLLM's own parser declares it.

Usage: python3 arguments.py > data/arguments-VERSION.json
Run by a Python that can import that vllm: an installed one, or an unpacked source folder on PYTHONPATH with its
requirements (requirements/common.txt and torch) installed; no GPU and no compiled part of vLLM is needed. The parser is
built, nothing is loaded or started. An action of a kind that compact.py does not know stops that program, not this one.
"""
import argparse
import importlib
import importlib.metadata
import json
import os
import sys

# Where make_arg_parser lives: from 0.33, from 0.29, before.
MODULES = ("vllm.entrypoints.common.cli_args", "vllm.entrypoints.launchers.cli_args", "vllm.entrypoints.openai.cli_args")
KINDS = {argparse._StoreAction: "value", argparse._StoreTrueAction: "flag", argparse._StoreFalseAction: "flag",
         argparse._AppendAction: "append", argparse.BooleanOptionalAction: "boolean"}


def plain(value):
    """A default as JSON, or its text where it is an object of vLLM's."""
    try:
        json.dumps(value)
        return value
    except TypeError:
        return sorted(map(str, value)) if isinstance(value, (set, frozenset)) and value else str(value)


def row(parser, action):
    # Names that help does not show (0.33's --no-enable-x) are only in the parser's own table.
    hidden = [n for n, a in parser._option_string_actions.items() if a is action and n not in action.option_strings]
    out = {"names": [*action.option_strings, *hidden], "kind": KINDS.get(type(action), type(action).__name__)}
    if action.type is not None:
        out["type"] = getattr(action.type, "__name__", str(action.type))
    if action.choices is not None:
        out["choices"] = [str(c) for c in action.choices]
    if action.nargs not in (None, 0):
        out["nargs"] = action.nargs
    return out | {"default": plain(action.default)}


def main():
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "ERROR")
    stdout = os.dup(1)
    os.dup2(2, 1)  # what vLLM prints while it is imported is not part of the dump
    # Without a GPU vLLM takes the CPU platform only where its own version says so (vllm/platforms/__init__.py).
    real = importlib.metadata.version
    importlib.metadata.version = lambda name: real(name).partition("+")[0] + "+cpu" if name == "vllm" else real(name)
    import vllm
    from vllm.utils.argparse_utils import FlexibleArgumentParser
    for name in MODULES:
        try:
            make = importlib.import_module(name).make_arg_parser
            break
        except (ImportError, AttributeError) as e:
            print(f"not in {name}: {e}", file=sys.stderr)
    else:
        sys.exit("make_arg_parser has moved: look where vllm/entrypoints/cli/serve.py takes it from, and add that to MODULES")
    parser = make(FlexibleArgumentParser(prog="vllm serve"))
    rows = sorted((row(parser, a) for a in parser._actions if a.option_strings and "--help" not in a.option_strings),
                  key=lambda r: r["names"][0])
    version = vllm.__version__.partition("+")[0]
    os.dup2(stdout, 1)
    print('{"vllm":%s,"source":"argument parser of vllm %s, dumped by running it","arguments":[' % (json.dumps(version), version))
    print(",\n".join(json.dumps(r, separators=(",", ":")) for r in rows))
    print("]}")


if __name__ == "__main__":
    main()
