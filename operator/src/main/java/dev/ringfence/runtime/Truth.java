package dev.ringfence.runtime;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.RuntimeInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether the operator works. JOSDK's own word on its informers is false in any outage of the API
 * server, when a restart helps nobody, and true for an API server that hangs; so the two are told
 * apart by asking.
 */
final class Truth {
  /**
   * Informers come back within seconds once the API server answers; longer, and only a restart
   * helps.
   */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** A kubelet's probe waits for a second by default. */
  private static final Duration ANSWER = Duration.ofMillis(700);

  private final KubernetesClient client;
  private final RuntimeInfo runtime;
  private final Optional<Lease> lease;
  private volatile Optional<BooleanSupplier> webhook = Optional.empty();
  private volatile boolean stopping;
  private @Nullable Instant deafSince;
  private @Nullable FutureTask<Boolean> asked;

  Truth(KubernetesClient client, RuntimeInfo runtime, Optional<Lease> lease) {
    this.client = client;
    this.runtime = runtime;
    this.lease = lease;
  }

  /**
   * @param live whether a restart would not help
   * @param ready whether it acts, or stands by to
   * @param lines what was found, for people
   */
  record Report(boolean live, boolean ready, List<String> lines) {}

  /**
   * The webhook is served too: without what it judges by, the API server must ask another replica.
   *
   * @param ready whether it sees all that
   */
  void serves(BooleanSupplier ready) {
    webhook = Optional.of(ready);
  }

  void stopping() {
    stopping = true;
  }

  boolean isStopping() {
    return stopping;
  }

  synchronized Report report(Instant now) {
    List<String> lines = new ArrayList<>();
    boolean started = runtime.isStarted();
    lines.add("started: " + started);
    boolean answers = apiServerAnswers();
    lines.add("API server: " + (answers ? "answers" : "does not answer"));
    TreeSet<String> deaf = new TreeSet<>();
    if (started) {
      runtime
          .unhealthyEventSources()
          .forEach(
              (controller, sources) ->
                  sources.keySet().forEach(source -> deaf.add(controller + "/" + source)));
    }
    lines.add(
        "informers: " + (deaf.isEmpty() ? "in order" : "not in order: " + String.join(", ", deaf)));
    if (deaf.isEmpty() || !answers) {
      deafSince = null;
    } else if (deafSince == null) {
      deafSince = now;
    }
    Instant since = deafSince;
    boolean stuck = since != null && since.plus(PATIENCE).isBefore(now);
    boolean confirmed = !answers || lease.map(l -> l.confirmed(now)).orElse(true);
    lines.add(
        "lease: "
            + lease
                .map(l -> l.held() ? (confirmed ? "held" : "held by another") : "stands by")
                .orElse("not used"));
    boolean answering = webhook.map(BooleanSupplier::getAsBoolean).orElse(true);
    webhook.ifPresent(
        w ->
            lines.add(
                "webhook: " + (answering ? "in order" : "does not see all that it judges by")));
    if (stopping) {
      lines.add("stopping");
    }
    return new Report(
        !stuck && confirmed,
        started && answers && deaf.isEmpty() && confirmed && answering && !stopping,
        List.copyOf(lines));
  }

  /** An API server that hangs must not hang the answer to a probe, and is asked once at a time. */
  private boolean apiServerAnswers() {
    FutureTask<Boolean> question = asked;
    if (question == null || question.isDone()) {
      question = new FutureTask<>(() -> client.raw("/version") != null);
      asked = question;
      Thread.ofVirtual().name("is-the-api-server-there").start(question);
    }
    try {
      return question.get(ANSWER.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
