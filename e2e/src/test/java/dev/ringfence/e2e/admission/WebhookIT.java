package dev.ringfence.e2e.admission;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.admission.Admission;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The webhook as the operator runs it: its own watches, its own certificates, its absence. */
final class WebhookIT {
  private static final String NAMESPACE = "team-a";
  private static final String WHAT_TO_DO = "when-this-fails-look-at-the-pods-in-ringfence-system";

  @TempDir private @Nullable Path folder;
  private final LocalControlPlane plane =
      LocalControlPlane.start(ControlPlaneOptions.DEFAULTS.withoutControllers());
  private final KubernetesClient admin = plane.client();

  @BeforeEach
  void install() {
    Installed.definitions(admin);
    for (String name : List.of("ringfence-system", NAMESPACE)) {
      ObjectNode namespace = Installed.YAML.createObjectNode();
      namespace.put("apiVersion", "v1").put("kind", "Namespace");
      namespace
          .putObject("metadata")
          .put("name", name)
          .putObject("labels")
          .put("pod-security.kubernetes.io/enforce", "restricted");
      Installed.apply(admin, namespace);
    }
    Installed.apply(admin, base("VLLMPolicy/default"));
    Installed.apply(admin, base("TrustedModel/mistral-7b"));
  }

  @AfterEach
  void stop() {
    plane.close();
  }

  private static ObjectNode base(String key) {
    return requireNonNull(RuleExample.base().get(key), key);
  }

  private static ObjectNode workload(String name) {
    ObjectNode workload = base("VLLMDeployment/chat").deepCopy();
    ((ObjectNode) workload.path("metadata")).put("name", name).put("namespace", NAMESPACE);
    ((ObjectNode) workload.path("spec")).withObject("engine").put("maxModelLen", 4096);
    int tenant = 0;
    for (var t : workload.path("spec").path("tenants")) {
      ((ObjectNode) t.path("apiKeySecretRef")).put("name", name + "-keys-" + tenant++);
      ((ObjectNode) t).remove("tlsSecretName");
    }
    return workload;
  }

  private Admission admission(InstantSource clock) throws IOException {
    return Admission.start(
        admin,
        new Admission.Options(
            "ringfence-system", "127.0.0.1", 0, Optional.empty(), List.of("127.0.0.1")),
        new SimpleMeterRegistry(),
        clock);
  }

  private Optional<KubernetesClientException> tryCreate(ObjectNode workload) {
    try {
      admin.resource(Installed.resource(workload)).dryRun().create();
      return Optional.empty();
    } catch (KubernetesClientException e) {
      return Optional.of(e);
    }
  }

  private static ObjectNode illegal(String name) {
    ObjectNode workload = workload(name);
    ((ObjectNode) workload.path("spec")).withObject("engine").put("maxModelLen", 1_000_000);
    return workload;
  }

  private void awaitAsked() {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                tryCreate(illegal("asked"))
                    .map(e -> String.valueOf(e.getMessage()).contains("VLLM-206"))
                    .orElse(false));
  }

  @Test
  void judgesByWhatIsOnTheClusterAndLeavesTheRestAloneWhenItIsGone() throws IOException {
    Kubectl kubectl = Kubectl.admin(plane, requireNonNull(folder));
    Admission admission = admission(InstantSource.system());
    Installed.webhook(admin, admission.port());
    awaitAsked();

    admin.resource(Installed.resource(workload("one"))).create();
    ObjectNode thief = workload("two");
    ((ObjectNode) thief.path("spec").path("tenants").get(0).path("apiKeySecretRef"))
        .put("name", "one-keys-0");
    ((ObjectNode) thief.path("spec").path("tenants").get(0)).put("name", "other");
    await()
        .untilAsserted(
            () ->
                assertThat(tryCreate(thief).map(Throwable::getMessage).orElse(""))
                    .contains("spec.tenants[0].apiKeySecretRef.name: Invalid value: VLLM-510"));
    assertThat(kubectl.run("delete", "trustedmodel", "mistral-7b").text())
        .contains("VLLM-401 must not be deleted while 1 workload uses it: team-a/one");
    ObjectNode policy = base("VLLMPolicy/default").deepCopy();
    ((ObjectNode) policy.path("spec")).withObject("limits").put("maxModelLen", 1024);
    Installed.apply(admin, policy);
    await()
        .untilAsserted(
            () ->
                assertThat(tryCreate(workload("three")).map(Throwable::getMessage).orElse(""))
                    .contains("VLLM-206 must be at most 1024"));
    assertThat(kubectl.run("annotate", "vllm", "one", "-n", NAMESPACE, "note=fine").text())
        .contains("Warning: as before, ")
        .contains("VLLM-206 must be at most 1024")
        .contains("annotated");

    admission.close();
    Files.writeString(
        requireNonNull(folder).resolve("four.yaml"), RuleExample.yaml(workload("four")));
    assertThat(kubectl.run("create", "-f", "four.yaml").text())
        .as("nothing unchecked comes in")
        .startsWith("Error from server (InternalError)")
        .contains("failed calling webhook \"vllm.ringfence.dev\"")
        .contains(WHAT_TO_DO);
    assertThat(kubectl.run("get", "vllm", "four", "-n", NAMESPACE).text()).contains("NotFound");
    assertThat(kubectl.run("label", "vllm", "one", "-n", NAMESPACE, "team=a").text())
        .as("labels are judged, so they are not changed either")
        .contains(WHAT_TO_DO);
    assertThat(
            kubectl
                .run(
                    "patch",
                    "vllm",
                    "one",
                    "-n",
                    NAMESPACE,
                    "--type=merge",
                    "--patch={\"spec\":{\"suspended\":true}}")
                .text())
        .as("nor the spec")
        .contains(WHAT_TO_DO);
    Installed.apply(admin, engine());
    assertThat(
            kubectl.run("scale", "deployment", "one--acme", "-n", NAMESPACE, "--replicas=3").text())
        .as("an autoscaler goes on")
        .contains("scaled");
    assertThat(
            kubectl
                .run(
                    "patch",
                    "trustedmodel",
                    "mistral-7b",
                    "--type=merge",
                    "--patch={\"spec\":{\"revoked\":{\"reason\":\"bad\"}}}")
                .code())
        .as("revoking works")
        .isZero();
    Installed.apply(admin, base("VLLMPolicy/default"));
    assertThat(
            kubectl
                .run(
                    "patch",
                    "vllm",
                    "one",
                    "-n",
                    NAMESPACE,
                    "--type=merge",
                    "--patch={\"metadata\":{\"finalizers\":[\"example.com/a\"]}}")
                .code())
        .as("bookkeeping goes on")
        .isZero();
    assertThat(
            kubectl
                .run(
                    "patch",
                    "vllm",
                    "one",
                    "-n",
                    NAMESPACE,
                    "--subresource=status",
                    "--type=merge",
                    "--patch={\"status\":{\"observedGeneration\":1}}")
                .code())
        .as("status is written")
        .isZero();
    assertThat(kubectl.run("delete", "vllm", "one", "-n", NAMESPACE, "--wait=false").code())
        .isZero();
    assertThat(
            kubectl
                .run(
                    "patch",
                    "vllm",
                    "one",
                    "-n",
                    NAMESPACE,
                    "--type=merge",
                    "--patch={\"metadata\":{\"finalizers\":null}}")
                .code())
        .as("a deletion ends")
        .isZero();
    assertThat(kubectl.run("get", "vllm", "one", "-n", NAMESPACE).text()).contains("NotFound");
  }

  /** As an autoscaler sees a tenant's engines. */
  private static ObjectNode engine() throws IOException {
    return (ObjectNode)
        Installed.YAML.readTree(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: one--acme, namespace: team-a, labels: {ringfence.dev/workload: one}}, spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: engine, image: a}]}}}}");
  }

  /** As a starter file does; the watches have seen nothing of it when the workload comes. */
  @Test
  void oneFileBringsPolicyModelAndWorkload() throws IOException {
    Kubectl kubectl = Kubectl.admin(plane, requireNonNull(folder));
    Admission admission = admission(InstantSource.system());
    Installed.webhook(admin, admission.port());
    awaitAsked();
    ObjectNode policy = base("VLLMPolicy/default");
    for (int i = 0; i < 10; i++) {
      String name = "fresh-" + i;
      ObjectNode model = base("TrustedModel/mistral-7b").deepCopy();
      ((ObjectNode) model.path("metadata")).put("name", name);
      ObjectNode workload = workload(name);
      ((ObjectNode) workload.path("spec").path("model")).put("ref", name);
      Path file = requireNonNull(folder).resolve(name + ".yaml");
      Files.writeString(
          file,
          Installed.YAML.writeValueAsString(policy)
              + Installed.YAML.writeValueAsString(model)
              + Installed.YAML.writeValueAsString(workload));
      assertThat(kubectl.run("delete", "vllmpolicy", "default").text()).contains("deleted");
      assertThat(kubectl.run("apply", "--server-side", "-f", file.toString()).text())
          .contains("vllmdeployment.ringfence.dev/" + name);
      assertThat(kubectl.run("delete", "vllmdeployment", name, "-n", NAMESPACE).text())
          .contains("deleted");
      await().until(() -> kubectl.run("delete", "trustedmodel", name).text().contains("deleted"));
    }
    admission.close();
  }

  @Test
  void noCallFailsWhileAuthoritiesRotateAndReplicasComeAndGo() throws Exception {
    // The first authority was made long ago; it is due when the clock comes to today.
    AtomicReference<Instant> now = new AtomicReference<>(Instant.now().minus(Duration.ofDays(250)));
    Admission first = admission(now::get);
    Admission second = admission(now::get);
    now.set(Instant.now().minus(Duration.ofHours(2)));
    Installed.webhook(admin, first.port());
    awaitAsked();
    assertThat(authorities()).as("the old one signs, the new one is trusted").isEqualTo(2);

    AtomicBoolean done = new AtomicBoolean();
    AtomicInteger calls = new AtomicInteger();
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    Thread load =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!done.get()) {
                    tryCreate(workload("load"))
                        .ifPresent(e -> failures.add(String.valueOf(e.getMessage())));
                    calls.incrementAndGet();
                  }
                });
    try {
      now.set(Instant.now());
      // Every replica looks every ten seconds.
      Thread.sleep(Duration.ofSeconds(12));
      Admission third = admission(now::get);
      Installed.webhook(admin, third.port());
      // The API server has the new address a moment later.
      Thread.sleep(Duration.ofSeconds(3));
      first.close();
      second.close();
      Thread.sleep(Duration.ofSeconds(2));
      done.set(true);
      load.join();
      third.close();
    } finally {
      done.set(true);
    }
    assertThat(failures).isEmpty();
    assertThat(calls.get()).isGreaterThan(50);
    assertThat(managers())
        .as("caBundle alone is the operator's")
        .containsEntry("ringfence-webhook-ca", 3L);
  }

  private int authorities() {
    return admin
            .secrets()
            .inNamespace("ringfence-system")
            .withName("ringfence-webhook-ca")
            .get()
            .getData()
            .size()
        / 2;
  }

  /** How many fields each manager owns in the webhooks' client configurations. */
  private Map<String, Long> managers() {
    var configuration =
        admin
            .admissionRegistration()
            .v1()
            .validatingWebhookConfigurations()
            .withName("ringfence")
            .get();
    Map<String, Long> owned = new java.util.TreeMap<>();
    configuration
        .getMetadata()
        .getManagedFields()
        .forEach(
            m -> {
              String fields = String.valueOf(m.getFieldsV1().getAdditionalProperties());
              long bundles = fields.split("f:caBundle", -1).length - 1L;
              owned.put(m.getManager(), bundles);
              if (m.getManager().equals("ringfence-webhook-ca")) {
                assertThat(fields).doesNotContain("f:rules").doesNotContain("f:url");
              } else {
                assertThat(bundles).as(m.getManager()).isZero();
              }
            });
    return owned;
  }
}
