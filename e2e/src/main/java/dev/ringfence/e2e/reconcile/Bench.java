package dev.ringfence.e2e.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.install.Installation;
import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import dev.ringfence.runtime.Options;
import dev.ringfence.runtime.RingfenceOperator;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The operator on a local control plane, with a clock that can be put forward, and short ways to
 * write and read objects.
 */
public final class Bench implements AutoCloseable {
  /** The user that the operator is on the control plane, as the audit log names it. */
  public static final String OPERATOR = Installation.OPERATOR;

  public static final String NAMESPACE = Installation.NAMESPACE;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final LocalControlPlane plane;
  private final KubernetesClient client;
  private final Set<String> watch;
  private volatile Duration ahead = Duration.ZERO;
  private Duration resync = Duration.ofMinutes(10);
  private boolean askGuards;
  private @Nullable RingfenceOperator operator;

  /**
   * Installs of what users install what concerns the operator, which will have the rights that its
   * ClusterRole and the policy on it give and no other.
   *
   * @param watch the namespaces that the operator governs; empty for all
   */
  public Bench(LocalControlPlane plane, Set<String> watch) {
    this.plane = plane;
    this.client = plane.client();
    this.watch = watch;
    Installation.apply(client, Installation::ofTheOperator);
  }

  /** How often the operator looks at everything though nothing happens; from its next start on. */
  public Bench resync(Duration every) {
    this.resync = every;
    return this;
  }

  /** Whether guards are asked for their state, from its next start on: where pods have some. */
  public Bench askGuards(boolean ask) {
    this.askGuards = ask;
    return this;
  }

  public Bench start() {
    return start(Samples.GUARD_IMAGE);
  }

  /** Starts as a user who may do only what RBAC gives. */
  public Bench startAs(String user) {
    return start(Samples.GUARD_IMAGE, plane.configFor(user));
  }

  public Bench start(String guardImage) {
    return start(guardImage, Installation.operator(plane));
  }

  private Bench start(String guardImage, Config config) {
    Options options =
        Options.of(NAMESPACE, guardImage)
            .withWatch(watch)
            .withApiServer("10.96.0.1:443")
            .withListen("127.0.0.1", 0)
            .withLeaderElection(false, "bench")
            .withAskGuards(askGuards)
            .withResync(resync, clock());
    operator = RingfenceOperator.start(config, options);
    return this;
  }

  public void stop() {
    if (operator != null) {
      operator.close();
      operator = null;
    }
  }

  public RingfenceOperator operator() {
    RingfenceOperator running = operator;
    if (running == null) {
      throw new IllegalStateException("the operator does not run");
    }
    return running;
  }

  private InstantSource clock() {
    return () -> Instant.now().plus(ahead);
  }

  /** Puts the operator's clock forward; it notices at its next look. */
  public void forward(Duration by) {
    ahead = ahead.plus(by);
  }

  public Instant now() {
    return clock().instant();
  }

  public KubernetesClient client() {
    return client;
  }

  public RawPolicy apply(RawPolicy policy) {
    return client.resource(policy).forceConflicts().serverSideApply();
  }

  public RawModel apply(RawModel model) {
    return client.resource(model).forceConflicts().serverSideApply();
  }

  public RawWorkload apply(RawWorkload workload) {
    return client.resource(workload).forceConflicts().serverSideApply();
  }

  /** Changes a workload's specification. */
  public RawWorkload edit(RawWorkload workload, Consumer<ObjectNode> change) {
    return change(
        workload,
        there -> {
          ObjectNode spec = (ObjectNode) there.spec().deepCopy();
          change.accept(spec);
          there.putSpec(spec);
        });
  }

  /** Reads, changes and writes until nobody else was faster. */
  public <R extends HasMetadata> R change(R object, Consumer<R> change) {
    for (int attempt = 1; ; attempt++) {
      R there = client.resource(object).require();
      change.accept(there);
      try {
        return client.resource(there).update();
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || attempt == 20) {
          throw e;
        }
      }
    }
  }

  /** Changes the policy's specification. */
  public RawPolicy editPolicy(Consumer<ObjectNode> change) {
    return change(
        Samples.policy(),
        there -> {
          ObjectNode spec = (ObjectNode) there.spec().deepCopy();
          change.accept(spec);
          there.putSpec(spec);
        });
  }

  /** Has the workload looked at again, without changing anything that counts. */
  public void poke(RawWorkload workload) {
    change(
        workload,
        there -> there.getMetadata().setAnnotations(Map.of("poked", Instant.now().toString())));
  }

  public RawWorkload get(RawWorkload workload) {
    return client.resource(workload).require();
  }

  /** A condition as {@code status/reason}; empty when it is not there. */
  public String condition(RawWorkload workload, String type) {
    for (JsonNode condition : get(workload).status().path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText() + "/" + condition.path("reason").asText();
      }
    }
    return "";
  }

  public String message(RawWorkload workload, String type) {
    for (JsonNode condition : get(workload).status().path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("message").asText();
      }
    }
    return "";
  }

  /** Waits until the status is of the present generation and the workload looks like this. */
  public RawWorkload await(RawWorkload workload, String what, Predicate<RawWorkload> wanted) {
    return await(workload, what, PATIENCE, wanted);
  }

  private RawWorkload await(
      RawWorkload workload, String what, Duration patience, Predicate<RawWorkload> wanted) {
    try {
      until(
          what,
          patience,
          () -> {
            RawWorkload there = get(workload);
            return there.status().path("observedGeneration").asLong(-1)
                    == there.getMetadata().getGeneration()
                && wanted.test(there);
          });
    } catch (AssertionError e) {
      throw new AssertionError(
          e.getMessage() + "; its status is " + get(workload).status().toPrettyString(), e);
    }
    return get(workload);
  }

  /** Waits for a condition, given as {@code status/reason} or as the beginning of it. */
  public void awaitCondition(RawWorkload workload, String type, String value) {
    await(workload, type + " " + value, there -> condition(there, type).startsWith(value));
  }

  public void awaitReady(RawWorkload workload) {
    awaitReady(workload, PATIENCE);
  }

  public void awaitReady(RawWorkload workload, Duration patience) {
    await(
        workload,
        "Ready",
        patience,
        there ->
            condition(there, "Ready").startsWith("True")
                && condition(there, "Reconciling").isEmpty());
  }

  /** Waits for something to come true, and says what was waited for if it does not. */
  public static void until(String what, java.util.function.BooleanSupplier condition) {
    until(what, PATIENCE, condition);
  }

  public static void until(
      String what, Duration patience, java.util.function.BooleanSupplier condition) {
    Instant end = Instant.now().plus(patience);
    while (!condition.getAsBoolean()) {
      if (Instant.now().isAfter(end)) {
        throw new AssertionError("waited in vain: " + what);
      }
      pause(Duration.ofMillis(50));
    }
  }

  public static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    stop();
    client.resources(RawWorkload.class).inAnyNamespace().list().getItems().stream()
        .filter(w -> watch.isEmpty() || watch.contains(w.getMetadata().getNamespace()))
        .forEach(w -> client.resource(w).delete());
    client.resources(RawModel.class).delete();
    client.resources(RawPolicy.class).delete();
  }
}
