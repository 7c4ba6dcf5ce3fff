package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Edits at any moment are seen, and an object that no Java type can hold harms nobody else. */
@WithControlPlane
final class RobustnessIT {
  private final TestNamespace namespace;
  private final Bench bench;

  RobustnessIT(LocalControlPlane plane, TestNamespace namespace) {
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
  }

  @BeforeEach
  void start() {
    bench.apply(Samples.policy());
    bench.apply(Samples.imageModel("mistral"));
    bench.start();
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  @Test
  void anEditAtAnyMomentOfAReconcileIsNeverMissed() {
    RawWorkload chat = bench.apply(Samples.workload(namespace.name(), "chat", "mistral", "acme"));
    bench.awaitReady(chat);
    Random random = new Random(7);
    for (int i = 1; i <= 40; i++) {
      int burst = 1 + random.nextInt(3);
      int limit = 0;
      for (int k = 0; k < burst; k++) {
        limit = 1 + random.nextInt(60);
        int value = limit;
        bench.edit(
            chat,
            spec -> ((ObjectNode) spec.path("tenants").get(0)).put("requestsPerMinute", value));
        Bench.pause(Duration.ofMillis(random.nextInt(40)));
      }
      int wanted = limit;
      Bench.until(
          "edit " + i + " (" + limit + ") reaches the guard",
          Duration.ofSeconds(10),
          () -> requestsPerMinute() == wanted);
      bench.await(chat, "generation of edit " + i + " is observed", w -> true);
    }
  }

  private int requestsPerMinute() {
    String text =
        bench
            .client()
            .configMaps()
            .inNamespace(namespace.name())
            .withName("chat--acme-guard")
            .require()
            .getData()
            .get("guard.json");
    return bench
        .client()
        .getKubernetesSerialization()
        .unmarshal(text, JsonNode.class)
        .path("limits")
        .path("requestsPerMinute")
        .asInt();
  }

  @Test
  void anObjectThatCannotBeReadHarmsNothingButItself() {
    CustomResourceDefinition strict =
        bench
            .client()
            .getKubernetesSerialization()
            .unmarshal(Crd.VLLM_DEPLOYMENT.yaml(), CustomResourceDefinition.class);
    CustomResourceDefinition loose =
        bench
            .client()
            .getKubernetesSerialization()
            .unmarshal(Crd.VLLM_DEPLOYMENT.yaml(), CustomResourceDefinition.class);
    JSONSchemaProps anything = new JSONSchemaProps();
    anything.setType("object");
    anything.setXKubernetesPreserveUnknownFields(true);
    JSONSchemaProps root =
        loose.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
    root.setXKubernetesValidations(java.util.List.of());
    root.getProperties().put("spec", anything);
    try {
      bench.client().resource(loose).forceConflicts().serverSideApply();
      RawWorkload huge = Samples.workload(namespace.name(), "huge", "mistral", "acme");
      ((ObjectNode) huge.spec())
          .put("drainSeconds", new java.math.BigInteger("99999999999999999999"));
      ((ObjectNode) huge.spec().path("tenants").get(0)).put("replicas", 5_000_000_000L);
      ((ObjectNode) huge.spec()).put("startupTimeoutSeconds", "soon");
      Bench.until(
          "the loose schema is in force",
          () -> {
            try {
              bench.client().resource(huge).create();
              return true;
            } catch (io.fabric8.kubernetes.client.KubernetesClientException e) {
              return false;
            }
          });
      bench.client().resource(strict).forceConflicts().serverSideApply();

      RawWorkload good = bench.apply(Samples.workload(namespace.name(), "good", "mistral", "acme"));
      bench.awaitReady(good);
      bench.awaitCondition(huge, "Accepted", "False/Rejected");
      assertThat(bench.message(huge, "Accepted")).contains("VLLM-001");

      bench.stop();
      bench.start();
      bench.edit(good, spec -> ((ObjectNode) spec.path("tenants").get(0)).put("replicas", 0));
      bench.awaitCondition(good, "Ready", "True/Suspended");
    } finally {
      bench.client().resource(strict).forceConflicts().serverSideApply();
    }
  }
}
