"""What the guard costs: one run, one machine, the same upstream. tools/guard-bench/run starts this.

Each figure is printed with its floor (the same without a guard), the wanted bound, and the machine's load at that time.
"""

import argparse, asyncio, json, os, re, signal, socket, statistics, subprocess, sys, tempfile, time, urllib.error, urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
KEY = "bench-key-0123456789abcdefghijklmnopqrstuvwxyz"
CHAT = "/v1/chat/completions"
INFO = 'vllm:cache_config_info{enable_prefix_caching="False",gpu_memory_utilization="0.85",kv_cache_memory_bytes="None",kv_offloading_size="None",num_cpu_blocks="None"} 1.0'
MODELS = '{"object":"list","data":[{"id":"bench","root":"/run/served/model","max_model_len":4096}]}'
ANSWER = json.dumps({
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1795000000, "model": "bench",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "The quick brown fox jumps over the lazy dog."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 500, "completion_tokens": 10, "total_tokens": 510}}, separators=(",", ":"))


def body(text, **more):
    return json.dumps({"model": "bench", "messages": [{"role": "system", "content": "You are helpful."}, {"role": "user", "content": text}], "max_tokens": 64, "temperature": 0.7, **more}).encode()


BODY = body(("The engine answers with an ordinary sentence about rivers, bridges and the people who cross them. " * 30)[:1850])


def request(content):
    return (f"POST {CHAT} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n").encode() + content


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def load():
    return "load %.1f on %d cores" % (os.getloadavg()[0], os.cpu_count())


class Bench:
    def __init__(self, work):
        self.work, self.children, self.rows = work, [], []
        self.keys = os.path.join(work, "keys")
        os.mkdir(self.keys)
        with open(os.path.join(self.keys, "bench"), "w") as f:
            f.write(KEY + "\n")
        with open(os.path.join(CHECKOUT, "guard/src/test/resources/guard.example.json")) as f:
            d = json.load(f)
        c, l = d["contract"], d["limits"]
        c["servedNames"], c["smokeTests"], c["engine"]["servedFolder"] = ["bench"], [], "/run/served/model"
        for part in (c["ceilings"], l):
            part["requestsPerMinute"], part["tokensPerMinute"], part["maxConcurrentRequests"] = 1000000, 100000000, 256
        del l["notAfter"]
        with open(os.path.join(work, "guard.json"), "w") as f:
            json.dump(d, f)

    def start(self, *command, out=os.devnull):
        with open(out, "w") as o:
            p = subprocess.Popen(command, stdout=o, stderr=subprocess.STDOUT)
        self.children.append(p)
        return p

    def stop(self, p):
        p.kill()
        p.wait()
        self.children.remove(p)

    def close(self):
        for p in list(self.children):
            self.stop(p)

    def guard(self, engine):
        """A guard that has just become ready: its process and port."""
        port, admin = free_port(), free_port()
        p = self.start(os.path.join(CHECKOUT, "ringfence"), "guard", "--config", os.path.join(self.work, "guard.json"), "--keys", self.keys,
                       "--engine", "unix:" + engine, "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}", out=os.path.join(self.work, "guard.log"))
        for _ in range(6000):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{admin}/ready", timeout=5)
                return p, port
            except OSError:
                if p.poll() is not None:
                    sys.exit("the guard ended: " + open(os.path.join(self.work, "guard.log")).read())
                time.sleep(0.01)
        sys.exit("the guard does not become ready")

    def row(self, what, figure, floor, wanted, ok):
        line = "%-58s %14s %14s %12s  %s  %s" % (what, figure, floor, wanted, "ok" if ok else "NOT MET", load())
        print(line, flush=True)
        self.rows.append(ok)

    # --- upstream and HAProxy

    def nginx(self):
        self.direct, self.engine = free_port(), os.path.join(self.work, "engine.sock")
        conf = os.path.join(self.work, "nginx.conf")
        temp = " ".join(f"{n}_temp_path {self.work}/{n};" for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(conf, "w") as f:
            f.write(f"""worker_processes 1; daemon off; pid {self.work}/nginx.pid; error_log {self.work}/nginx.log crit;
events {{ worker_connections 4096; }}
http {{ access_log off; {temp} keepalive_requests 100000000;
  server {{ listen unix:{self.engine} backlog=4096; listen 127.0.0.1:{self.direct}; default_type application/json; client_max_body_size 10m;
    location = {CHAT} {{ return 200 '{ANSWER}'; }}
    location = /health {{ return 200 ''; }}
    location = /version {{ return 200 '{{"version":"0.32.0"}}'; }}
    location = /v1/models {{ return 200 '{MODELS}'; }}
    location = /metrics {{ default_type text/plain; return 200 '{INFO}\n'; }} }} }}
""")
        self.start("nginx", "-c", conf, "-p", self.work)

    def haproxy(self):
        self.proxy = free_port()
        conf = os.path.join(self.work, "haproxy.cfg")
        with open(os.path.join(HERE, "haproxy.cfg")) as f:
            text = f.read()
        with open(conf, "w") as f:
            f.write(text.replace("@PORT@", str(self.proxy)).replace("@ENGINE@", self.engine).replace("@KEY@", KEY))
        self.start("haproxy", "-db", "-f", conf)

    def wrk(self, port, connections, seconds):
        """Median and p99 in microseconds, requests, requests a second, errors."""
        script = os.path.join(self.work, "post.lua")
        if not os.path.exists(script):
            with open(os.path.join(self.work, "body.json"), "wb") as f:
                f.write(BODY)
            with open(script, "w") as f:
                f.write(f"""wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {KEY}"
local f = io.open("{self.work}/body.json"); wrk.body = f:read("*a"); f:close()
done = function(s, l, r)
  io.write(string.format("RESULT %d %d %d %.0f %d\\n", l:percentile(50), l:percentile(99), s.requests, s.requests / (s.duration / 1e6), s.errors.status + s.errors.read + s.errors.timeout))
end
""")
        out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script, f"http://127.0.0.1:{port}{CHAT}"], capture_output=True, text=True, check=True).stdout
        return [float(x) for x in re.search(r"^RESULT (.*)$", out, re.M).group(1).split()]

    # --- figures

    def rate(self, seconds):
        p, port = self.guard(self.engine)
        self.wrk(port, 8, 3)
        who = {"direct": self.direct, "HAProxy": self.proxy, "guard": port}
        r8, r1 = {n: [] for n in who}, {n: [] for n in who}
        # In turns, so that what the machine does besides hits all of them.
        for _ in range(3):
            for name, at in who.items():
                r8[name].append(self.wrk(at, 8, seconds))
                r1[name].append(self.wrk(at, 1, seconds))
        errors = sum(r[4] for name in who for r in r8[name] + r1[name])
        rate = {n: statistics.median(r[3] for r in r8[n]) for n in who}
        mid = {n: statistics.median(r[0] for r in r1[n]) for n in who}
        print("requests/s at 8 connections: " + ", ".join(f"{n} {v:,.0f}" for n, v in rate.items()) + f"; errors {errors:.0f}")
        ratio = rate["guard"] / rate["HAProxy"]
        self.row("requests/s, 8 connections (floor: HAProxy with its rules)", "%.0f = %.2f" % (rate["guard"], ratio), "%.0f" % rate["HAProxy"], ">= 0.70", ratio >= 0.7 and errors == 0)
        added = mid["guard"] - mid["direct"]
        self.row("added at the median, 1 connection (floor: HAProxy's)", "%.0f us" % added, "%.0f us" % (mid["HAProxy"] - mid["direct"]), "<= 150 us", added <= 150)
        self.stop(p)

    def memory(self, seconds):
        p, port = self.guard(self.engine)
        self.wrk(port, 8, seconds)
        with open(f"/proc/{p.pid}/status") as f:
            mb = int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024
        self.row(f"resident after {seconds} s of full load", "%.0f MB" % mb, "-", "<= 140 MB", mb <= 140)
        self.stop(p)

    def paced(self, port, count=200, rate=100, connections=4):
        """Milliseconds that each of the first requests takes, a hundred a second."""
        open_ = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
        for s in open_:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        took, sent = [], request(BODY)
        began = time.perf_counter()
        for i in range(count):
            time.sleep(max(0, began + i / rate - time.perf_counter()))
            s, t = open_[i % connections], time.perf_counter()
            s.sendall(sent)
            got = b""
            while not got.endswith(b"}"):
                got += s.recv(65536)
            took.append((time.perf_counter() - t) * 1000)
            if b" 200 " not in got[:20]:
                sys.exit(got.decode())
        for s in open_:
            s.close()
        return took

    def cold(self, starts=5):
        took, floor, ready = [], [], []
        for _ in range(starts):
            t = time.perf_counter()
            p, port = self.guard(self.engine)
            ready.append(time.perf_counter() - t)
            took += self.paced(port)
            floor += self.paced(self.direct)
            self.stop(p)
        p99 = lambda v: sorted(v)[int(len(v) * 0.99)]
        self.row("p99 of the first 200 requests of %d cold starts (100/s)" % starts, "%.1f ms" % p99(took), "%.1f ms" % p99(floor), "< 15 ms", p99(took) < 15)
        print("  median %.2f ms (floor %.2f), slowest %.1f ms, first %.1f ms; ready %.2f s after its start" % (
            statistics.median(took), statistics.median(floor), max(took), max(took[::200]), statistics.median(ready)))

    def engine_process(self):
        """An engine of our own, which stamps its events and tells when a client is gone."""
        self.own, self.own_port, self.log = os.path.join(self.work, "own.sock"), free_port(), os.path.join(self.work, "own.log")
        self.start(sys.executable, os.path.abspath(__file__), "--engine", self.own, str(self.own_port), out=self.log)
        while not os.path.exists(self.own):
            time.sleep(0.01)

    def streams(self, count=50):
        p, port = self.guard(self.own)
        asyncio.run(streams(port, 5))
        guard, direct, order = [], [], True
        for _ in range(3):
            for at, into in ((self.own_port, direct), (port, guard)):
                delays, ordered = asyncio.run(streams(at, count))
                into += delays
                order = order and ordered
        added = statistics.median(guard) - statistics.median(direct)
        self.row(f"added per event at the median, {count} streams at once", "%.2f ms" % added, "%.2f ms" % statistics.median(direct), "< 1 ms", added < 1)
        self.row("every event of every stream, in order", f"{len(guard)} events", f"{len(direct)} events", "all", order and len(guard) == len(direct))
        self.stop(p)

    def abort(self, count=20):
        p, port = self.guard(self.own)
        for streaming in (False, True):
            figures = {}
            for name, at in (("guard", port), ("direct", self.own_port)):
                took = []
                for i in range(count):
                    mark = f"{name}-{streaming}-{i}"
                    s = socket.create_connection(("127.0.0.1", at))
                    s.sendall(request(body(f"[hang] <{mark}>", stream=streaming)))
                    self.seen(f"began {mark}")
                    t = time.monotonic_ns()
                    s.close()
                    took.append((self.seen(f"gone {mark}") - t) / 1e6)
                figures[name] = max(took)
            self.row("client gone, engine told, slowest of %d (%s)" % (count, "streaming" if streaming else "not streaming"), "%.1f ms" % figures["guard"], "%.1f ms" % figures["direct"], "<= 100 ms", figures["guard"] <= 100)
        self.stop(p)

    def seen(self, what):
        """When the engine said something (its clock is ours)."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with open(self.log) as f:
                for line in f:
                    if line.rstrip().startswith(what + " "):
                        return int(line.split()[-1])
            time.sleep(0.002)
        sys.exit("the engine never said: " + what)


async def streams(port, count):
    """Delay of each event in ms, and whether all came in order."""

    async def one(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(body(f"[stream] {number}", stream=True, max_tokens=200)))
        delays, wanted = [], 0
        while True:
            line = await reader.readline()
            now = time.monotonic_ns()
            if not line or line.startswith(b"data: [DONE]"):
                break
            m = re.search(rb'"content":"(\d+) (\d+)"', line)
            if m:
                if int(m.group(1)) != wanted:
                    return [], False
                wanted += 1
                delays.append((now - int(m.group(2))) / 1e6)
        writer.close()
        return delays, wanted == EVENTS

    results = await asyncio.gather(*(one(i) for i in range(count)))
    return [d for r in results for d in r[0]], all(r[1] for r in results)


# --- the engine of our own

EVENTS = 40


async def engine(sock, port):
    async def serve(reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = re.search(r"(?i)content-length: (\d+)", head)
                content = (await reader.readexactly(int(length.group(1)))).decode() if length else ""
                await answer(head.split(" ")[1], content, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def whole(writer, text, kind="application/json"):
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())

    async def answer(path, content, reader, writer):
        fixed = {"/health": "", "/version": '{"version":"0.32.0"}', "/v1/models": MODELS}
        if path in fixed:
            whole(writer, fixed[path])
        elif path == "/metrics":
            whole(writer, INFO + "\n", "text/plain")
        elif "[hang]" in content:
            mark = re.search(r"<(.*?)>", content).group(1)
            if '"stream":true' in content.replace(" ", ""):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                event(writer, "0 0")
            print(f"began {mark} {time.monotonic_ns()}", flush=True)
            try:
                await reader.read(1)
            except ConnectionError:
                pass  # A client that left words of ours unread resets.
            print(f"gone {mark} {time.monotonic_ns()}", flush=True)
            raise ConnectionError()
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for i in range(EVENTS):
                event(writer, f"{i} {time.monotonic_ns()}")
                await writer.drain()
                await asyncio.sleep(0.05)
            last = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
            writer.write(f"{len(last):x}\r\n{last}\r\n0\r\n\r\n".encode())

    def event(writer, text):
        e = 'data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\n\n' % text
        writer.write(f"{len(e):x}\r\n{e}\r\n".encode())

    tcp = await asyncio.start_server(serve, "127.0.0.1", port, backlog=256)
    await asyncio.start_unix_server(serve, sock, backlog=256)
    async with tcp:
        await tcp.serve_forever()


def main():
    if sys.argv[1:2] == ["--engine"]:
        asyncio.run(engine(sys.argv[2], int(sys.argv[3])))
        return
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("--seconds", type=int, default=4, help="of each measurement of rate and latency")
    a.add_argument("--memory-seconds", type=int, default=60)
    a.add_argument("--only", default="rate,memory,cold,streams,abort")
    args = a.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # Built, and its cache trained, before anything is measured.
    subprocess.run([os.path.join(CHECKOUT, "ringfence"), "verify", "--help"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as work:
        b = Bench(work)
        try:
            b.nginx()
            b.haproxy()
            b.engine_process()
            time.sleep(0.5)
            print("%-58s %14s %14s %12s" % ("", "guard", "floor", "wanted"))
            only = args.only.split(",")
            for name, run in (("rate", lambda: b.rate(args.seconds)), ("memory", lambda: b.memory(args.memory_seconds)), ("cold", b.cold), ("streams", b.streams), ("abort", b.abort)):
                if name in only:
                    run()
        finally:
            b.close()
    sys.exit(0 if all(b.rows) else 1)


main()
