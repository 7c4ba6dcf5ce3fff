package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.ForkedJvm;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.guard.Main;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the operator reads from a real guard. The pods are simulated; the guard is the program, and
 * listens where its pod says that it is.
 */
final class GuardStateIT {
  private static final String NAMESPACE = "guarded";

  /** Loopback addresses that belong to this run alone. */
  private static final String ADDRESSES =
      "127." + (64 + ProcessHandle.current().pid() % 64) + ".0.1/16";

  @TempDir private Path folder;

  @Test
  void aRealGuardsStateIsShownAndItsLimitsCompared() throws IOException {
    try (LocalControlPlane plane =
            LocalControlPlane.start(
                ControlPlaneOptions.DEFAULTS.withNodes(2, 0).withPodAddresses(ADDRESSES));
        Bench bench = new Bench(plane, Set.of(NAMESPACE))) {
      plane
          .client()
          .resource(
              new NamespaceBuilder()
                  .withNewMetadata()
                  .withName(NAMESPACE)
                  .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                  .endMetadata()
                  .build())
          .create();
      bench.apply(Samples.policy());
      bench.apply(Samples.imageModel("mistral"));
      bench.askGuards(true).start();
      RawWorkload chat = bench.apply(Samples.workload(NAMESPACE, "chat", "mistral", "acme"));
      bench.awaitReady(chat);
      assertThat(bench.condition(chat, "SecretsResolved")).isEqualTo("Unknown/NoGuardAnswers");

      String ip =
          plane
              .client()
              .pods()
              .inNamespace(NAMESPACE)
              .list()
              .getItems()
              .getFirst()
              .getStatus()
              .getPodIP();
      assertThat(ip).startsWith("127.");
      Path policy = folder.resolve("guard.json");
      Files.writeString(policy, document(plane));
      Path keys = Files.createDirectory(folder.resolve("keys"));
      Files.writeString(keys.resolve("alice"), "sha256:" + "1".repeat(64) + "\n");
      Files.writeString(keys.resolve("bob"), "sha256:" + "2".repeat(64) + "\n");
      try (ForkedJvm guard =
          ForkedJvm.start(
              Map.of(),
              Main.class,
              "guard",
              "--config",
              policy.toString(),
              "--keys",
              keys.toString(),
              "--engine",
              "unix:" + folder.resolve("engine.sock"),
              "--listen",
              ip + ":8080",
              "--admin",
              ip + ":9901",
              "--contract",
              contract(plane))) {
        shown(bench, chat, guard, "its keys", w -> keys(w) == 2);
        assertThat(bench.condition(chat, "SecretsResolved")).isEqualTo("True/KeysLoaded");
        assertThat(message(bench.get(chat))).doesNotContain("new limits");

        bench.edit(
            chat,
            spec ->
                ((com.fasterxml.jackson.databind.node.ObjectNode) spec.path("tenants").get(0))
                    .put("requestsPerMinute", 7));
        shown(
            bench,
            chat,
            guard,
            "limits that its file does not have yet",
            w -> message(w).contains("a guard has not read its new limits yet"));
        String renewed = document(plane);
        assertThat(renewed).isNotEqualTo(Files.readString(policy));
        Files.writeString(policy, renewed);
        shown(bench, chat, guard, "the limits it has read", w -> !message(w).contains("limits"));

        Files.writeString(keys.resolve("tls.crt"), "no key\n");
        shown(
            bench,
            chat,
            guard,
            "a Secret that is none of keys",
            w -> bench.message(w, "SecretsResolved").contains("tls.crt"));
        assertThat(bench.condition(chat, "SecretsResolved")).isEqualTo("False/KeysMissing");
      }
      shown(
          bench,
          chat,
          null,
          "nobody there",
          w -> bench.condition(w, "SecretsResolved").equals("Unknown/NoGuardAnswers"));
    }
  }

  private static int keys(RawWorkload workload) {
    return workload.status().path("tenants").path(0).path("keys").path("ids").asInt();
  }

  private static String message(RawWorkload workload) {
    return workload.status().path("tenants").path(0).path("message").asText();
  }

  private static String document(LocalControlPlane plane) {
    return plane
        .client()
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName("chat--acme-guard")
        .require()
        .getData()
        .getOrDefault("guard.json", "");
  }

  /** As the pod's template pins it. */
  private static String contract(LocalControlPlane plane) {
    List<String> arguments =
        plane
            .client()
            .apps()
            .deployments()
            .inNamespace(NAMESPACE)
            .withName("chat--acme")
            .require()
            .getSpec()
            .getTemplate()
            .getSpec()
            .getInitContainers()
            .stream()
            .flatMap(c -> c.getArgs().stream())
            .toList();
    return arguments.get(arguments.indexOf("--contract") + 1);
  }

  private static void shown(
      Bench bench,
      RawWorkload chat,
      @org.jspecify.annotations.Nullable ForkedJvm guard,
      String what,
      java.util.function.Predicate<RawWorkload> wanted)
      throws IOException {
    try {
      Bench.until(
          what,
          Duration.ofSeconds(60),
          () -> {
            bench.poke(chat);
            // Statuses that differ in numbers only wait for half a minute of the operator's time.
            bench.forward(Duration.ofSeconds(31));
            Bench.pause(Duration.ofMillis(300));
            return wanted.test(bench.get(chat));
          });
    } catch (AssertionError e) {
      throw new AssertionError(
          e.getMessage()
              + "; "
              + bench.get(chat).status().toPrettyString()
              + (guard == null ? "" : guard.printed()),
          e);
    }
  }
}
