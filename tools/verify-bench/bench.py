"""tools/verify-bench/run starts this: CHECKOUT FOLDER MEGABYTES."""

import hashlib, json, os, statistics, struct, subprocess, sys, time

checkout, work, megabytes = sys.argv[1], sys.argv[2], int(sys.argv[3])
model = os.path.join(work, "model")
os.mkdir(model)
SHARDS, ROUNDS = 4, 3


def file(name, chunks):
    path, sha, size = os.path.join(model, name), hashlib.sha256(), 0
    with open(path, "wb") as f:
        for c in chunks:
            f.write(c)
            sha.update(c)
            size += len(c)
        f.flush()
        os.fsync(f.fileno())
    return '  - {path: "%s", size: %d, sha256: "%s"}' % (name, size, sha.hexdigest())


def shard(i):
    data = megabytes * 1_000_000 // SHARDS // 4 * 4
    head = json.dumps({"w%d" % i: {"dtype": "F32", "shape": [data // 4], "data_offsets": [0, data]}}).encode()
    yield struct.pack("<Q", len(head)) + head
    block = os.urandom(1 << 20)
    while data > 0:
        yield block[:data]
        data -= len(block)


files = [file("config.json", [b'{"architectures":["LlamaForCausalLM"],"vocab_size":256}'])]
files += [file("model-%05d-of-%05d.safetensors" % (i + 1, SHARDS), shard(i)) for i in range(SHARDS)]
yaml = os.path.join(work, "model.yaml")
with open(yaml, "w") as f:
    f.write("apiVersion: ringfence.dev/v1alpha1\nkind: TrustedModel\nmetadata: {name: bench}\nspec:\n  source: {volumeClaim: {claimName: models, path: bench}}\n"
            "  format: safetensors\n  architectures: [LlamaForCausalLM]\n  quantization: {method: none}\n  files:\n" + "\n".join(files) + "\n")
paths = sorted(os.path.join(model, n) for n in os.listdir(model))


def drop():
    """Out of the page cache, by the system's switch where we may, else by advice for each file."""
    try:
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("1")
        return "drop_caches"
    except OSError:
        for p in paths:
            fd = os.open(p, os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)
        return "posix_fadvise"


def verify():
    subprocess.run([os.path.join(checkout, "ringfence"), "verify", "--model", yaml, model], check=True, stdout=subprocess.DEVNULL)


def sha256sum():
    subprocess.run(["xargs", "-0", "-n", "1", "-P", str(os.cpu_count()), "sha256sum"], input="\0".join(paths).encode(), check=True, stdout=subprocess.DEVNULL)


def timed(run):
    t = time.perf_counter()
    run()
    return time.perf_counter() - t


bad = False
print("%d MB in %d files, %d cores" % (megabytes, len(paths), os.cpu_count()))
for how in ("warm", "cold"):
    took, by = {verify: [], sha256sum: []}, ""
    for _ in range(ROUNDS):
        for run in took:
            if how == "cold":
                by = ", " + drop()
            else:
                for p in paths:
                    with open(p, "rb") as f:
                        while f.read(1 << 22):
                            pass
            took[run].append(timed(run))
    mine, floor = (megabytes / statistics.median(took[r]) for r in (verify, sha256sum))
    bad |= mine / floor < 0.9
    print("%-4s verify %6.0f MB/s, sha256sum x%d %6.0f MB/s: %.2f (wanted 0.90)  load %.1f%s" % (how, mine, os.cpu_count(), floor, mine / floor, os.getloadavg()[0], by), flush=True)
sys.exit(1 if bad else 0)
