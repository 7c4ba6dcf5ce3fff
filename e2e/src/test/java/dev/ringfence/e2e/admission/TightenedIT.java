package dev.ringfence.e2e.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A policy is tightened, and then a model revoked, under many running workloads: how long until
 * each concerned one says so, and until the revoked model's engines are gone.
 */
@Tag("slow")
@WithControlPlane
final class TightenedIT {
  private static final int WORKLOADS = Integer.getInteger("ringfence.tightened.workloads", 200);

  /** Three of four have a context that the tightened policy does not allow. */
  private static final int LONG = WORKLOADS * 3 / 4;

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final TestNamespace namespace;
  private final Bench bench;
  private final List<RawWorkload> workloads = new ArrayList<>();

  TightenedIT(LocalControlPlane plane, TestNamespace namespace) {
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  @Test
  void eachConcernedWorkloadSaysSoAndOnlyARevokedModelsEnginesStop() {
    bench.apply(Samples.policy());
    bench.editPolicy(spec -> spec.putObject("limits").put("workloadsPerNamespace", WORKLOADS));
    bench.apply(Samples.imageModel("kept"));
    RawModel other = Samples.imageModel("revoked");
    ((ObjectNode) other.spec().path("source").path("image"))
        .put("reference", "registry.example/models/y@sha256:" + "9".repeat(64));
    ((ObjectNode) other.spec().path("files").get(1)).put("sha256", "8".repeat(64));
    bench.apply(other);
    bench.start();
    for (int i = 0; i < WORKLOADS; i++) {
      RawWorkload workload =
          Samples.workload(namespace.name(), "w" + i, i % 2 == 0 ? "kept" : "revoked", "acme");
      ((ObjectNode) workload.spec()).putObject("engine").put("maxModelLen", i < LONG ? 4096 : 1024);
      workloads.add(bench.apply(workload));
    }
    workloads.forEach(w -> bench.awaitReady(w, Duration.ofMinutes(10)));
    Map<String, Long> before = generations();
    assertThat(before).hasSize(WORKLOADS);

    Instant edited = Instant.now();
    bench.editPolicy(spec -> ((ObjectNode) spec.path("limits")).put("maxModelLen", 2048));
    print(
        "a policy is tightened: a workload says that it is held",
        times(edited, LONG, w -> accepted(w).equals("False/HeldPolicy")));
    Bench.pause(Duration.ofSeconds(5));
    assertThat(
            all().stream()
                .filter(w -> accepted(w).equals("True/Accepted"))
                .map(w -> w.getMetadata().getName())
                .toList())
        .as("those that keep the tightened policy are left alone")
        .hasSize(WORKLOADS - LONG);
    assertThat(generations()).as("no Deployment was changed").isEqualTo(before);
    assertThat(deployments()).allMatch(d -> d.getSpec().getReplicas() == 1);

    Instant revoked = Instant.now();
    bench.change(
        other, model -> ((ObjectNode) model.spec()).putObject("revoked").put("reason", "poisoned"));
    print(
        "a model is revoked: a workload says that its engines stop",
        times(revoked, WORKLOADS / 2, w -> accepted(w).equals("False/ContentRefused")));
    Bench.until(
        "no engine of the revoked model is left",
        PATIENCE,
        () -> enginesOf("revoked") == 0 && podsOf("revoked") == 0);
    System.out.printf(
        "  no pod of the revoked model is left after %.1f s%n",
        Duration.between(revoked, Instant.now()).toMillis() / 1000.0);
    assertThat(enginesOf("kept")).as("all others run on").isEqualTo(WORKLOADS / 2);
  }

  private List<RawWorkload> all() {
    return bench
        .client()
        .resources(RawWorkload.class)
        .inNamespace(namespace.name())
        .list()
        .getItems();
  }

  private static String accepted(RawWorkload workload) {
    for (JsonNode condition : workload.status().path("conditions")) {
      if (condition.path("type").asText().equals("Accepted")) {
        return condition.path("status").asText() + "/" + condition.path("reason").asText();
      }
    }
    return "";
  }

  /** When each of so many became so, in milliseconds, the soonest first. */
  private List<Long> times(Instant from, int wanted, Predicate<RawWorkload> so) {
    Map<String, Long> seen = new HashMap<>();
    Bench.until(
        wanted + " workloads say so",
        PATIENCE,
        () -> {
          long now = Duration.between(from, Instant.now()).toMillis();
          all().stream().filter(so).forEach(w -> seen.putIfAbsent(w.getMetadata().getName(), now));
          return seen.size() >= wanted;
        });
    return seen.values().stream().sorted().toList();
  }

  private static void print(String what, List<Long> times) {
    System.out.printf(
        "%s (%d workloads): first %.1f s, half %.1f s, all %.1f s%n",
        what,
        times.size(),
        times.getFirst() / 1000.0,
        times.get(times.size() / 2) / 1000.0,
        times.getLast() / 1000.0);
  }

  private List<Deployment> deployments() {
    return bench.client().apps().deployments().inNamespace(namespace.name()).list().getItems();
  }

  private Map<String, Long> generations() {
    return deployments().stream()
        .collect(
            Collectors.toMap(d -> d.getMetadata().getName(), d -> d.getMetadata().getGeneration()));
  }

  private Set<String> names(String model) {
    return workloads.stream()
        .filter(w -> w.spec().path("model").path("ref").asText().equals(model))
        .map(w -> w.getMetadata().getName())
        .collect(Collectors.toSet());
  }

  private long enginesOf(String model) {
    Set<String> names = names(model);
    return deployments().stream()
        .filter(d -> names.contains(d.getMetadata().getLabels().get("ringfence.dev/workload")))
        .mapToInt(d -> d.getSpec().getReplicas())
        .sum();
  }

  private long podsOf(String model) {
    Set<String> names = names(model);
    return bench.client().pods().inNamespace(namespace.name()).list().getItems().stream()
        .filter(p -> names.contains(p.getMetadata().getLabels().get("ringfence.dev/workload")))
        .count();
  }
}
