"""Where a vLLM that runs on a CPU is kept, and the one tool that fills the folder: uv, itself pinned.

The cache is RINGFENCE_CACHE, else XDG_CACHE_HOME/ringfence, else ~/.cache/ringfence, as for the control plane's programs.
"""
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKS = HERE / "locks"
PYTHON = "3.11"  # what the locks are resolved for; Debian 12 brings it, and elsewhere uv does


class Failed(Exception):
    """One line for whoever called."""


def say(text):
    print(f"vllm: {text}", file=sys.stderr, flush=True)


def cache():
    own = os.environ.get("RINGFENCE_CACHE", "").strip()
    if own:
        return Path(own) / "vllm"
    xdg = os.environ.get("XDG_CACHE_HOME", "").strip()
    return (Path(xdg) if xdg else Path.home() / ".cache") / "ringfence" / "vllm"


def run(command, what, **more):
    try:
        done = subprocess.run([str(c) for c in command], **more)
    except OSError as e:
        raise Failed(f"{what}: cannot run {command[0]}: {e.strerror}") from e
    if done.returncode:
        raise Failed(f"{what} failed; run the command again, it goes on where it stopped")
    return done


def uv():
    """uv, installed once by pip with its digest checked."""
    lock = LOCKS / "uv.txt"
    folder = cache() / ("uv-" + hashlib.sha256(lock.read_bytes()).hexdigest()[:10])
    program = folder / "bin" / "uv"
    if not program.exists():
        say("installing uv, which installs the rest")
        half = folder.with_suffix(".part")
        shutil.rmtree(half, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", lock, "--target", half],
            "installing uv with pip")
        half.rename(folder)
    return program


def uv_environment():
    return {**os.environ, "UV_CACHE_DIR": str(cache() / "downloads"), "UV_HTTP_TIMEOUT": "300"}


def size(folder):
    """Bytes on disk, a file that is linked twice counted once."""
    seen, total = set(), 0
    for at, _, files in os.walk(folder):
        for name in files:
            s = os.lstat(os.path.join(at, name))
            if (s.st_dev, s.st_ino) not in seen:
                seen.add((s.st_dev, s.st_ino))
                total += s.st_blocks * 512
    return total


def main(program, doc):
    """Runs PROGRAM(arguments); its faults are one line, and exit 1."""
    try:
        if {"-h", "--help"} & set(sys.argv[1:]):
            print(doc.strip())
            return
        program(sys.argv[1:])
    except Failed as e:
        say(str(e))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
