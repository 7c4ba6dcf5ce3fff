package dev.ringfence.guard.proxy;

import dev.ringfence.guard.json.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What /metrics shows. Labels come from closed sets and from the ring of keys, so their number is
 * bounded.
 */
final class Metrics {
  private static final double[] SECONDS = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600
  };

  /** A histogram in Prometheus' form. */
  private static final class Histogram {
    private final long[] counts = new long[SECONDS.length];
    private long count;
    private double sum;

    void add(double seconds) {
      count++;
      sum += seconds;
      for (int i = SECONDS.length - 1; i >= 0 && seconds <= SECONDS[i]; i--) {
        counts[i]++;
      }
    }

    void write(String name, Bytes out) {
      out.ascii("# TYPE " + name + " histogram\n");
      for (int i = 0; i < SECONDS.length; i++) {
        out.ascii(name + "_bucket{le=\"" + SECONDS[i] + "\"} " + counts[i] + "\n");
      }
      out.ascii(name + "_bucket{le=\"+Inf\"} " + count + "\n");
      out.ascii(String.format(Locale.ROOT, "%s_sum %.6f%n", name, sum).replace("\r", ""));
      out.ascii(name + "_count " + count + "\n");
    }
  }

  private record Outcome(String endpoint, int status, String rule) {}

  private record Tokens(String keyId, String kind) {}

  private final Map<Outcome, long[]> requests = new LinkedHashMap<>();
  private final Map<Tokens, long[]> tokens = new LinkedHashMap<>();
  private final Histogram requestSeconds = new Histogram();
  private final Histogram firstTokenSeconds = new Histogram();
  private long deniedAudit;

  void request(String endpoint, int status, String rule, double seconds) {
    requests.computeIfAbsent(new Outcome(endpoint, status, rule), k -> new long[1])[0]++;
    requestSeconds.add(seconds);
  }

  void firstToken(double seconds) {
    firstTokenSeconds.add(seconds);
  }

  void tokens(String keyId, long prompt, long completion) {
    tokens.computeIfAbsent(new Tokens(keyId, "prompt"), k -> new long[1])[0] += prompt;
    tokens.computeIfAbsent(new Tokens(keyId, "completion"), k -> new long[1])[0] += completion;
  }

  void deniedAudit() {
    deniedAudit++;
  }

  /** Everything as Prometheus reads it. */
  byte[] text(boolean attested, int keys, long keyErrors, int inFlight) {
    Bytes out = new Bytes(4096);
    out.ascii("# TYPE guard_requests_total counter\n");
    requests.forEach(
        (o, n) ->
            out.ascii(
                "guard_requests_total{endpoint=\""
                    + o.endpoint()
                    + "\",status=\""
                    + o.status()
                    + "\",rule=\""
                    + o.rule()
                    + "\"} "
                    + n[0]
                    + "\n"));
    requestSeconds.write("guard_request_seconds", out);
    firstTokenSeconds.write("guard_first_token_seconds", out);
    gauge(out, "guard_in_flight", inFlight);
    out.ascii("# TYPE guard_tokens_total counter\n");
    tokens.forEach(
        (t, n) ->
            out.add(
                ("guard_tokens_total{key_id=\""
                        + t.keyId()
                        + "\",kind=\""
                        + t.kind()
                        + "\"} "
                        + n[0]
                        + "\n")
                    .getBytes(StandardCharsets.UTF_8)));
    gauge(out, "guard_attested", attested ? 1 : 0);
    gauge(out, "guard_keys", keys);
    counter(out, "guard_key_reload_errors_total", keyErrors);
    counter(out, "guard_denied_audit_total", deniedAudit);
    return out.toArray();
  }

  private static void gauge(Bytes out, String name, long value) {
    out.ascii("# TYPE " + name + " gauge\n" + name + " " + value + "\n");
  }

  private static void counter(Bytes out, String name, long value) {
    out.ascii("# TYPE " + name + " counter\n" + name + " " + value + "\n");
  }
}
