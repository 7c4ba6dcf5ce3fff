package dev.ringfence.guard.proxy;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.http.Refusal;
import dev.ringfence.guard.http.RequestHead;
import dev.ringfence.guard.http.ResponseHead;
import dev.ringfence.guard.json.Bytes;
import dev.ringfence.guard.json.JsonText;
import dev.ringfence.guard.state.EngineView;
import dev.ringfence.guard.state.LiveState;
import dev.ringfence.guard.state.Reason;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The admin port: GET only, nothing that changes anything, nothing that a viewer of the object may
 * not see.
 */
final class AdminService implements HttpConnection.Service {
  private static final Set<String> PATHS =
      Set.of("/live", "/ready", "/metrics", "/state", "/engine/metrics");
  private static final int MOST_METRICS = 4 * 1024 * 1024;

  /** Pages that wait for their readers; beyond it the slowest of them goes without. */
  private static final long MOST_HELD = 2L * MOST_METRICS;

  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private final Loop loop;
  private final LiveState live;
  private final UnixDomainSocketAddress engine;
  private final TenantService tenant;
  private final Metrics metrics;
  private final Connections connections = new Connections(MOST_HELD);

  AdminService(
      Loop loop,
      LiveState live,
      UnixDomainSocketAddress engine,
      TenantService tenant,
      Metrics metrics) {
    this.loop = loop;
    this.live = live;
    this.engine = engine;
    this.tenant = tenant;
    this.metrics = metrics;
  }

  @Override
  public Connections connections() {
    return connections;
  }

  void tick(long now) {
    for (HttpConnection c : connections.all()) {
      c.tick(now);
    }
  }

  @Override
  public HttpConnection.@Nullable Exchange head(HttpConnection c, RequestHead head) {
    if (!PATHS.contains(head.target())) {
      refuse(c, Refusal.of(404, Rule.ENDPOINTS, "there is no such path"));
    } else if (!head.method().equals("GET")) {
      refuse(c, new Refusal(405, Rule.ENDPOINTS, "the method must be GET", null, 0, "GET"));
    } else {
      switch (head.target()) {
        case "/live" -> answer(c, 200, "text/plain", "ok\n".getBytes(StandardCharsets.UTF_8));
        case "/ready" -> {
          List<Reason> reasons = live.reasons();
          StringBuilder text = new StringBuilder();
          reasons.forEach(
              r -> text.append(r.rule().id()).append(' ').append(r.message()).append('\n'));
          answer(
              c,
              reasons.isEmpty() ? 200 : 503,
              "text/plain",
              (reasons.isEmpty() ? "ok\n" : text.toString()).getBytes(StandardCharsets.UTF_8));
        }
        case "/metrics" ->
            answer(
                c,
                200,
                TEXT,
                metrics.text(
                    live.engine().attested().map(EngineView.Attestation::ok).orElse(false),
                    live.keys().ring().ids().size(),
                    live.keys().reloadErrors(),
                    tenant.inFlight()));
        case "/state" ->
            answer(
                c,
                200,
                "application/json",
                JsonText.of(live.page()).getBytes(StandardCharsets.UTF_8));
        default -> {
          return new EngineMetrics(c);
        }
      }
    }
    return null;
  }

  @Override
  public void malformed(HttpConnection c, Refusal refusal) {
    refuse(c, refusal);
  }

  private static void refuse(HttpConnection c, Refusal refusal) {
    byte[] body = refusal.body();
    Bytes out = Answers.head(refusal.status(), "application/json", c.willClose());
    Answers.refusalHeaders(out, refusal);
    Answers.length(out, body.length);
    out.add(body);
    c.send(out.array(), out.size());
    c.finished();
  }

  private static void answer(HttpConnection c, int status, String type, byte[] body) {
    Bytes out = Answers.head(status, type, c.willClose());
    Answers.length(out, body.length);
    out.add(body);
    c.send(out.array(), out.size());
    c.finished();
  }

  /** Passes the engine's own metrics, and nothing else that it may say. */
  private final class EngineMetrics implements HttpConnection.Exchange, EngineCall.Sink {
    private final HttpConnection connection;
    private final Bytes text = new Bytes();
    private @Nullable EngineCall call;
    private boolean over;

    EngineMetrics(HttpConnection connection) {
      this.connection = connection;
    }

    @Override
    public int mostBytes() {
      return 0;
    }

    @Override
    public void body(Bytes body) {
      call = new EngineCall(loop, tenant.pool, engine, "GET", "/metrics", new byte[0], this);
      loop.later(10_000, () -> failed(true));
    }

    @Override
    public void broken(Refusal refusal) {
      done(refusal, null);
    }

    @Override
    public void gone() {
      over = true;
      if (call != null) {
        call.close();
      }
    }

    @Override
    public void drained() {}

    @Override
    public void head(ResponseHead head) {
      if (head.status() != 200) {
        failed(true);
      }
    }

    @Override
    public void data(byte[] in, int from, int to) {
      if (text.size() + to - from > MOST_METRICS) {
        failed(true);
      } else if (!over) {
        text.add(in, from, to - from);
      }
    }

    @Override
    public void end(boolean clean) {
      StringBuilder kept = new StringBuilder(text.size());
      for (String line : text.toString().split("\n", -1)) {
        if (line.startsWith("vllm:")
            || line.startsWith("# HELP vllm:")
            || line.startsWith("# TYPE vllm:")) {
          kept.append(line).append('\n');
        }
      }
      done(null, kept.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void failed(boolean connected) {
      done(Refusal.of(502, Rule.THROUGH_GUARD, "the engine's metrics cannot be had"), null);
    }

    private void done(@Nullable Refusal refusal, byte @Nullable [] body) {
      if (over) {
        return;
      }
      gone();
      if (refusal != null) {
        refuse(connection, refusal);
      } else if (body != null) {
        answer(connection, 200, TEXT, body);
      }
    }
  }
}
