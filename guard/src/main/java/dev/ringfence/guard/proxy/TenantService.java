package dev.ringfence.guard.proxy;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.http.Refusal;
import dev.ringfence.guard.http.RequestHead;
import dev.ringfence.guard.json.Bytes;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonText;
import dev.ringfence.guard.keys.KeyRing;
import dev.ringfence.guard.limit.Failures;
import dev.ringfence.guard.limit.Meter;
import dev.ringfence.guard.limit.Permits;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.Endpoint;
import dev.ringfence.guard.policy.Limits;
import dev.ringfence.guard.state.Drain;
import dev.ringfence.guard.state.LiveState;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The tenant's port: lets in what may enter, cheapest question first, everything closed by default.
 */
final class TenantService implements HttpConnection.Service {
  private final long created = Instant.now().getEpochSecond();

  final Loop loop;
  final LiveState live;
  final UnixDomainSocketAddress engine;
  final AuditLog audit;
  final Metrics metrics;
  final EnginePool pool;
  final Permits permits = new Permits();
  final Meter meter = new Meter();
  final Runnable engineFailed;

  /** The third of the heap that bodies, answers and the buffers of connections may take. */
  private final Connections connections =
      new Connections(Math.max(8L << 20, Runtime.getRuntime().maxMemory() / 3));

  private final Failures failures = new Failures();
  private final Set<ProxyExchange> running = new HashSet<>();

  TenantService(
      Loop loop,
      LiveState live,
      UnixDomainSocketAddress engine,
      AuditLog audit,
      Metrics metrics,
      Runnable engineFailed) {
    this.loop = loop;
    this.live = live;
    this.engine = engine;
    this.audit = audit;
    this.metrics = metrics;
    this.engineFailed = engineFailed;
    this.pool = new EnginePool(loop);
  }

  @Override
  public Connections connections() {
    return connections;
  }

  /** Ten times a second. */
  void tick(long now) {
    for (HttpConnection c : connections.all()) {
      if (live.drain().compareTo(Drain.REFUSING) >= 0 && c.isIdle() && c.hasServed()) {
        c.close();
      } else {
        c.tick(now);
      }
    }
    pool.expire(now);
    for (ProxyExchange x : new ArrayList<>(running)) {
      x.tick(now);
    }
  }

  int inFlight() {
    return running.size();
  }

  void ended(ProxyExchange exchange) {
    running.remove(exchange);
  }

  // --- entry

  /** What is known of a request that ended before it became an exchange. */
  private record Early(String endpoint, @Nullable String keyId) {}

  @Override
  public HttpConnection.@Nullable Exchange head(HttpConnection c, RequestHead head) {
    long now = System.nanoTime();
    Contract contract = live.policy().document().contract();
    Endpoint endpoint = endpoint(contract, head.target());
    if (endpoint == null) {
      return refuse(
          c,
          head,
          new Early("none", null),
          now,
          Refusal.of(404, Rule.ENDPOINTS, "there is no such path; see the workload's endpoints"),
          null,
          null);
    }
    Early early = new Early(endpoint.label(), null);
    if (!head.method().equals(endpoint.method())) {
      return refuse(
          c,
          head,
          early,
          now,
          new Refusal(
              405,
              Rule.ENDPOINTS,
              "the method must be " + endpoint.method(),
              null,
              0,
              endpoint.method()),
          null,
          null);
    }
    Optional<KeyRing.KeyId> found = credential(head).flatMap(live.keys().ring()::find);
    if (found.isEmpty()) {
      int wait = failures.failed(c.peer(), now);
      Refusal refusal =
          wait == 0
              ? Refusal.of(
                  401,
                  Rule.API_KEYS,
                  "a valid API key is needed, as Authorization: Bearer KEY or X-API-Key: KEY, one of them, once")
              : Refusal.later(
                  429, Rule.API_KEYS, "too many failed credentials from this address", wait);
      return refuse(c, head, early, now, refusal, null, null);
    }
    KeyRing.KeyId id = found.get();
    early = new Early(endpoint.label(), id.name());
    Limits limits = live.policy().document().limits();
    Limits.Values values = live.values();
    int perMinute = limits.share(values.requestsPerMinute());
    int tokensPerMinute = limits.share(values.tokensPerMinute());
    Meter.Account account = meter.account(id.name(), perMinute, tokensPerMinute, now);
    Rates rates = new Rates(account, perMinute, tokensPerMinute);
    if (!live.serves()) {
      return refuse(
          c,
          head,
          early,
          now,
          Refusal.later(
              503,
              Rule.THROUGH_GUARD,
              live.drain() == Drain.NONE ? "the engine is not ready" : "the engine is going away",
              5),
          rates,
          null);
    }
    if (endpoint.method().equals("POST")) {
      if (!isJson(head.contentType())) {
        return refuse(
            c,
            head,
            early,
            now,
            Refusal.of(415, Rule.REQUEST_FIELDS, "Content-Type must be application/json"),
            rates,
            null);
      }
      if (head.encoded()) {
        return refuse(
            c,
            head,
            early,
            now,
            Refusal.of(415, Rule.REQUEST_FIELDS, "Content-Encoding is not supported"),
            rates,
            null);
      }
    } else if (head.hasBody()) {
      return refuse(
          c, head, early, now, Refusal.of(400, Rule.ENDPOINTS, "a GET has no body"), rates, null);
    }
    if (!account.requests.take(1, perMinute, now)) {
      int wait = seconds(account.requests.millisUntil(1, perMinute, now));
      return refuse(
          c,
          head,
          early,
          now,
          Refusal.later(
              429,
              Rule.REQUESTS_PER_MINUTE,
              "this key may make " + perMinute + " requests a minute",
              wait),
          rates,
          null);
    }
    if (endpoint == Endpoint.MODELS) {
      return refuse(c, head, early, now, null, rates, models(contract));
    }
    int most = limits.share(values.maxConcurrentRequests());
    if (!permits.take(id.name(), most, live.keys().ring().ids().size() > 1)) {
      return refuse(
          c,
          head,
          early,
          now,
          Refusal.later(
              429,
              Rule.CONCURRENT_REQUESTS,
              "too many requests at once; this tenant may have " + most,
              1),
          rates,
          null);
    }
    // A character may be written as twelve bytes; the rest of a body is small.
    int mostBytes = 64 * 1024 + 12 * values.maxPromptCharacters();
    long expected = head.chunked() ? mostBytes : Math.min(head.contentLength(), mostBytes);
    if (!connections.room(expected)) {
      permits.release(id.name());
      return refuse(
          c,
          head,
          early,
          now,
          Refusal.later(429, Rule.CONCURRENT_REQUESTS, "too many large requests at once", 1),
          rates,
          null);
    }
    if (live.drain() == Drain.GRACE) {
      c.closeAfterAnswer();
    }
    ProxyExchange x =
        new ProxyExchange(
            this,
            c,
            endpoint,
            id,
            contract,
            live.policy().patterns(),
            values,
            rates,
            mostBytes,
            Math.max(0, expected),
            now);
    running.add(x);
    return x;
  }

  private static @Nullable Endpoint endpoint(Contract contract, String target) {
    for (Endpoint e : contract.endpoints()) {
      if (e.path().equals(target)) {
        return e;
      }
    }
    return null;
  }

  /** The one credential of a request. */
  private static Optional<String> credential(RequestHead head) {
    if (head.authorizations().size() + head.apiKeys().size() != 1) {
      return Optional.empty();
    }
    if (!head.apiKeys().isEmpty()) {
      return Optional.of(head.apiKeys().getFirst());
    }
    String value = head.authorizations().getFirst();
    return value.regionMatches(true, 0, "Bearer ", 0, 7)
        ? Optional.of(value.substring(7))
        : Optional.empty();
  }

  private static boolean isJson(@Nullable String contentType) {
    if (contentType == null) {
      return false;
    }
    String type = contentType.toLowerCase(Locale.ROOT).replace(" ", "");
    return type.equals("application/json")
        || type.equals("application/json;charset=utf-8")
        || type.equals("application/json;charset=\"utf-8\"");
  }

  static int seconds(long millis) {
    return (int) Math.max(1, (millis + 999) / 1000);
  }

  private byte[] models(Contract contract) {
    List<Json> data = new ArrayList<>();
    for (String name : contract.servedNames()) {
      data.add(
          new Json.Obj()
              .put("id", name)
              .put("object", "model")
              .put("created", created)
              .put("owned_by", "ringfence")
              .put("max_model_len", contract.engine().maxModelLen()));
    }
    return JsonText.of(new Json.Obj().put("object", "list").put("data", new Json.Arr(data)))
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void malformed(HttpConnection c, Refusal refusal) {
    answer(c, new Early("none", null), System.nanoTime(), refusal, null, null, false, 0);
  }

  // --- answers that need no engine

  private HttpConnection.@Nullable Exchange refuse(
      HttpConnection c,
      RequestHead head,
      Early early,
      long began,
      @Nullable Refusal refusal,
      @Nullable Rates rates,
      byte @Nullable [] body) {
    answer(
        c,
        early,
        began,
        refusal,
        rates,
        body,
        head.method().equals("HEAD"),
        Math.max(0, head.contentLength()));
    return null;
  }

  private void answer(
      HttpConnection c,
      Early early,
      long began,
      @Nullable Refusal refusal,
      @Nullable Rates rates,
      byte @Nullable [] body,
      boolean headOnly,
      long bytesIn) {
    String requestId = newId();
    byte[] content = refusal != null ? refusal.body() : body == null ? new byte[0] : body;
    int status = refusal == null ? 200 : refusal.status();
    if (live.drain() == Drain.GRACE) {
      c.closeAfterAnswer();
    }
    Bytes out = Answers.head(status, "application/json", c.willClose());
    Answers.header(out, "X-Request-Id", requestId);
    if (refusal != null) {
      Answers.refusalHeaders(out, refusal);
    }
    if (rates != null) {
      rates.headers(out, System.nanoTime());
    }
    Answers.length(out, content.length);
    if (!headOnly) {
      out.add(content);
    }
    c.send(out.array(), out.size());
    c.finished();
    double seconds = (System.nanoTime() - began) / 1e9;
    String rule = refusal == null ? "" : refusal.rule().id();
    metrics.request(early.endpoint(), status, rule, seconds);
    AuditLine.write(
        audit,
        requestId,
        live.policy().document().contract().tenant(),
        early.keyId(),
        early.endpoint(),
        null,
        status,
        rule,
        bytesIn,
        headOnly ? 0 : content.length,
        null,
        null,
        -1,
        seconds * 1000,
        false);
  }

  static String newId() {
    byte[] random = new byte[16];
    ThreadLocalRandom.current().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  /** The buckets of a key id, with this replica's share of the limits. */
  record Rates(Meter.Account account, int requestsPerMinute, int tokensPerMinute) {

    /** The headers that OpenAI's clients read. */
    void headers(Bytes out, long now) {
      header(
          out,
          "requests",
          requestsPerMinute,
          account.requests.remaining(requestsPerMinute, now),
          account.requests.millisUntil(requestsPerMinute, requestsPerMinute, now));
      header(
          out,
          "tokens",
          tokensPerMinute,
          account.tokens.remaining(tokensPerMinute, now),
          account.tokens.millisUntil(tokensPerMinute, tokensPerMinute, now));
    }

    private static void header(
        Bytes out, String kind, int limit, long remaining, long resetMillis) {
      out.ascii("x-ratelimit-limit-").ascii(kind).ascii(": ").ascii(Integer.toString(limit));
      out.ascii("\r\nx-ratelimit-remaining-")
          .ascii(kind)
          .ascii(": ")
          .ascii(Long.toString(remaining));
      out.ascii("\r\nx-ratelimit-reset-")
          .ascii(kind)
          .ascii(": ")
          .ascii(duration(resetMillis))
          .ascii("\r\n");
    }

    /** As OpenAI writes it: 120ms, 7s, 1m30s. */
    private static String duration(long millis) {
      if (millis < 1000) {
        return millis + "ms";
      }
      long s = (millis + 999) / 1000;
      return s < 60 ? s + "s" : s / 60 + "m" + s % 60 + "s";
    }
  }
}
