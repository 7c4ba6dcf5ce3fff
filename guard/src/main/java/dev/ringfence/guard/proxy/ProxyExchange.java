package dev.ringfence.guard.proxy;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.answer.AnswerFilter;
import dev.ringfence.guard.answer.Events;
import dev.ringfence.guard.answer.NotAnAnswer;
import dev.ringfence.guard.answer.Usage;
import dev.ringfence.guard.http.Refusal;
import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.http.ResponseHead;
import dev.ringfence.guard.json.Bytes;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.json.JsonText;
import dev.ringfence.guard.keys.KeyRing;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.Endpoint;
import dev.ringfence.guard.policy.Limits;
import dev.ringfence.guard.request.Checked;
import dev.ringfence.guard.request.DenyPatterns;
import dev.ringfence.guard.request.RequestCheck;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One request of a tenant on its way to the engine and back. */
final class ProxyExchange implements HttpConnection.Exchange, EngineCall.Sink {
  private static final long SECOND = 1_000_000_000L;
  private static final long FIRST_EVENT = 120 * SECOND;
  private static final long NEXT_EVENT = 60 * SECOND;
  private static final long WHOLE = 600 * SECOND;
  private static final int MOST_ANSWER = 8 * 1024 * 1024;

  /** Client closed request: what nginx writes into its log; no client ever sees it. */
  private static final int CLIENT_GONE = 499;

  private static final Refusal ENGINE_FAULT =
      Refusal.of(502, Rule.THROUGH_GUARD, "the engine did not answer as it should");
  private static final byte[] LAST_CHUNK = {'0', '\r', '\n', '\r', '\n'};

  private final TenantService service;
  private final HttpConnection connection;
  private final Endpoint endpoint;
  private final KeyRing.KeyId id;
  private final Contract contract;
  private final DenyPatterns patterns;
  private final Limits.Values values;
  private final TenantService.Rates rates;
  private final int mostBytes;
  private final long began;
  private final String requestId = TenantService.newId();

  private long held;
  private long bytesIn;
  private long bytesOut;
  private long deadline = Long.MAX_VALUE;
  private double firstTokenMillis = -1;
  private @Nullable Checked checked;
  private @Nullable AnswerFilter filter;
  private @Nullable EngineCall call;
  private @Nullable Events events;
  private final Bytes answer = new Bytes();
  private final Bytes chunk = new Bytes();
  private boolean over;

  ProxyExchange(
      TenantService service,
      HttpConnection connection,
      Endpoint endpoint,
      KeyRing.KeyId id,
      Contract contract,
      DenyPatterns patterns,
      Limits.Values values,
      TenantService.Rates rates,
      int mostBytes,
      long expected,
      long began) {
    this.service = service;
    this.connection = connection;
    this.endpoint = endpoint;
    this.id = id;
    this.contract = contract;
    this.patterns = patterns;
    this.values = values;
    this.rates = rates;
    this.mostBytes = mostBytes;
    this.began = began;
    hold(expected);
  }

  private void hold(long bytes) {
    held += bytes;
    service.connections().hold(bytes);
  }

  // --- from the client

  @Override
  public int mostBytes() {
    return mostBytes;
  }

  @Override
  public void body(Bytes body) {
    bytesIn = body.size();
    Checked c;
    try {
      c =
          RequestCheck.check(
              endpoint, body.array(), body.size(), contract, values, patterns, id.cacheSalt());
    } catch (Refused e) {
      refuse(e.refusal());
      return;
    }
    checked = c;
    if (c.denied()) {
      service.metrics.deniedAudit();
    }
    long now = System.nanoTime();
    int perMinute = rates.tokensPerMinute();
    if (!rates.account().tokens.take(c.reservation(), perMinute, now)) {
      int wait =
          TenantService.seconds(
              rates.account().tokens.millisUntil(c.reservation(), perMinute, now));
      String message =
          c.reservation() > perMinute
              ? "this request reserves more tokens than the "
                  + perMinute
                  + " a minute of this key; lower max_tokens, n or the prompt"
              : "this key may use " + perMinute + " tokens a minute";
      refuse(Refusal.later(429, Rule.TOKENS_PER_MINUTE, message, wait));
      return;
    }
    filter =
        new AnswerFilter(
            endpoint, c.model(), requestId, c.choices(), c.outputTokens(), c.usageAsked());
    deadline = now + (c.stream() ? FIRST_EVENT : WHOLE);
    call =
        new EngineCall(
            service.loop, service.pool, service.engine, "POST", endpoint.path(), c.body(), this);
  }

  @Override
  public void broken(Refusal refusal) {
    refuse(refusal);
  }

  @Override
  public void gone() {
    end(events == null ? CLIENT_GONE : 200, "");
  }

  @Override
  public void drained() {
    if (call != null) {
      call.pause(false);
      deadline = System.nanoTime() + NEXT_EVENT;
    }
  }

  /** Ten times a second. */
  void tick(long now) {
    if (over || now - deadline < 0 || connection.isHeldBack()) {
      return;
    }
    broke(Refusal.of(504, Rule.THROUGH_GUARD, "the engine took too long"));
  }

  // --- from the engine

  @Override
  public void head(ResponseHead head) {
    Checked c = checked;
    if (c == null) {
      return;
    }
    if (head.status() != 200) {
      refuse(
          switch (head.status()) {
            case 400, 413, 422 ->
                Refusal.of(
                    400,
                    Rule.REQUEST_FIELDS,
                    "the engine refused the request; often the prompt and max_tokens together exceed its context of "
                        + contract.engine().maxModelLen()
                        + " tokens");
            case 429, 503 -> Refusal.later(503, Rule.THROUGH_GUARD, "the engine is busy", 1);
            default -> ENGINE_FAULT;
          });
      return;
    }
    if (c.stream() && head.contentType().equals("text/event-stream")) {
      events = new Events();
      Bytes out = Answers.head(200, "text/event-stream; charset=utf-8", connection.willClose());
      Answers.header(out, "Cache-Control", "no-cache");
      Answers.header(out, "X-Request-Id", requestId);
      rates.headers(out, System.nanoTime());
      out.ascii("Transfer-Encoding: chunked\r\n\r\n");
      connection.send(out.array(), out.size());
    } else if (!head.contentType().equals("application/json")
        || head.contentLength() > MOST_ANSWER) {
      refuse(ENGINE_FAULT);
    }
  }

  @Override
  public void data(byte[] in, int from, int to) {
    if (over) {
      return;
    }
    Events e = events;
    if (e == null) {
      int n = to - from;
      if (answer.size() + n > MOST_ANSWER || !service.connections().room(n)) {
        refuse(ENGINE_FAULT);
        return;
      }
      hold(n);
      answer.add(in, from, n);
      return;
    }
    deadline = System.nanoTime() + NEXT_EVENT;
    try {
      e.feed(in, from, to, this::event);
    } catch (Events.TooLong x) {
      broke(ENGINE_FAULT);
      return;
    }
    sendChunk();
    AnswerFilter f = filter;
    if (!over && f != null && f.exhausted()) {
      // Cut: the engine need not go on.
      for (Json.Obj closing : f.closing()) {
        write(closing);
      }
      finishStream();
      return;
    }
    EngineCall running = call;
    if (!over && running != null && connection.isHeldBack()) {
      running.pause(true);
    }
  }

  private void event(byte[] data, int size) {
    AnswerFilter f = filter;
    if (over || f == null || f.exhausted()) {
      return;
    }
    if (size == 6
        && data[0] == '['
        && new String(data, 0, 6, java.nio.charset.StandardCharsets.ISO_8859_1).equals("[DONE]")) {
      f.done();
      return;
    }
    try {
      Json event = JsonReader.read(data, 0, size, JsonReader.Bounds.ANSWER, Set.of());
      if (event instanceof Json.Obj o
          && (o.get("error") instanceof Json.Obj
              || (o.get("type") instanceof Json.Str t && t.text().equals("error")))) {
        broke(ENGINE_FAULT);
        return;
      }
      f.event(event).ifPresent(this::write);
    } catch (JsonFault | NotAnAnswer e) {
      broke(ENGINE_FAULT);
    }
  }

  private void write(Json.Obj event) {
    if (firstTokenMillis < 0) {
      firstTokenMillis = (System.nanoTime() - began) / 1e6;
      service.metrics.firstToken(firstTokenMillis / 1000);
    }
    if (endpoint == Endpoint.RESPONSES || endpoint == Endpoint.MESSAGES) {
      if (event.get("type") instanceof Json.Str type) {
        chunk.ascii("event: ").ascii(type.text()).add('\n');
      }
    }
    chunk.ascii("data: ");
    JsonText.write(event, chunk);
    chunk.add('\n').add('\n');
  }

  private void sendChunk() {
    int n = chunk.size();
    if (n > 0) {
      Bytes out = new Bytes(n + 16);
      out.ascii(Integer.toHexString(n))
          .add('\r')
          .add('\n')
          .add(chunk.array(), 0, n)
          .add('\r')
          .add('\n');
      chunk.clear();
      bytesOut += n;
      connection.send(out.array(), out.size());
    }
  }

  @Override
  public void end(boolean clean) {
    AnswerFilter f = filter;
    if (over || f == null) {
      return;
    }
    if (events != null) {
      if (f.ended()) {
        finishStream();
      } else {
        broke(ENGINE_FAULT);
      }
      return;
    }
    Json.Obj out;
    try {
      out =
          f.whole(
              JsonReader.read(
                  answer.array(), 0, answer.size(), JsonReader.Bounds.ANSWER, Set.of("embedding")));
    } catch (JsonFault | NotAnAnswer e) {
      refuse(ENGINE_FAULT);
      return;
    }
    settle();
    Bytes content = new Bytes(answer.size() + 64);
    JsonText.write(out, content);
    respond(200, content, null);
    end(200, "");
  }

  @Override
  public void failed(boolean connected) {
    if (over) {
      return;
    }
    service.engineFailed.run();
    broke(ENGINE_FAULT);
  }

  // --- ends

  /** The answer is complete: [DONE] where the dialect has it, and the end of the body. */
  private void finishStream() {
    if (endpoint == Endpoint.CHAT || endpoint == Endpoint.COMPLETIONS) {
      chunk.ascii("data: [DONE]\n\n");
    }
    sendChunk();
    connection.send(LAST_CHUNK, LAST_CHUNK.length);
    settle();
    end(200, "");
    connection.finished();
  }

  /** The engine failed: an error, or in a stream that has begun an error event and the end. */
  private void broke(Refusal refusal) {
    if (over) {
      return;
    }
    if (events == null) {
      refuse(refusal);
      return;
    }
    sendChunk();
    if (endpoint == Endpoint.RESPONSES || endpoint == Endpoint.MESSAGES) {
      chunk.ascii("event: error\n");
    }
    chunk.ascii("data: ").add(refusal.body()).ascii("\n\n");
    sendChunk();
    connection.send(LAST_CHUNK, LAST_CHUNK.length);
    connection.closeAfterAnswer();
    end(200, refusal.rule().id());
    connection.finished();
  }

  private void refuse(Refusal refusal) {
    if (over) {
      return;
    }
    Bytes content = new Bytes();
    content.add(refusal.body());
    respond(refusal.status(), content, refusal);
    end(refusal.status(), refusal.rule().id());
  }

  /** Writes a whole answer; the caller ends the exchange. */
  private void respond(int status, Bytes content, @Nullable Refusal refusal) {
    Bytes out = Answers.head(status, "application/json", connection.willClose());
    Answers.header(out, "X-Request-Id", requestId);
    if (refusal != null) {
      Answers.refusalHeaders(out, refusal);
    }
    rates.headers(out, System.nanoTime());
    Answers.length(out, content.size());
    out.add(content.array(), 0, content.size());
    bytesOut += content.size();
    connection.send(out.array(), out.size());
    finishing = true;
  }

  private boolean finishing;

  /** Gives back what was reserved and not used, when the engine said what was used. */
  private void settle() {
    Optional<Usage> usage = filter == null ? Optional.empty() : filter.usage();
    Checked c = checked;
    if (c == null || usage.isEmpty()) {
      return;
    }
    long used = usage.get().promptTokens() + usage.get().completionTokens();
    long counted = Math.max(0, Math.min(used, 2 * c.reservation()));
    rates
        .account()
        .tokens
        .give(c.reservation() - counted, rates.tokensPerMinute(), System.nanoTime());
    service.metrics.tokens(id.name(), usage.get().promptTokens(), usage.get().completionTokens());
  }

  /** Lets go of everything, once. */
  private void end(int status, String rule) {
    if (over) {
      return;
    }
    over = true;
    if (call != null) {
      call.close();
    }
    service.permits.release(id.name());
    service.connections().hold(-held);
    service.ended(this);
    double seconds = (System.nanoTime() - began) / 1e9;
    service.metrics.request(endpoint.label(), status, rule, seconds);
    Checked c = checked;
    AuditLine.write(
        service.audit,
        requestId,
        contract.tenant(),
        id.name(),
        endpoint.label(),
        c == null ? null : c.model(),
        status,
        rule,
        bytesIn,
        bytesOut,
        c == null ? null : c.promptCharacters(),
        filter == null ? null : filter.usage().orElse(null),
        firstTokenMillis,
        seconds * 1000,
        c != null && c.stream());
    if (finishing) {
      connection.finished();
    }
  }
}
