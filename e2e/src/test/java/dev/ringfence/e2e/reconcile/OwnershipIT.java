package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What is not ours is neither adopted nor deleted, what is forged is not believed, and what is left
 * behind stops.
 */
@WithControlPlane
final class OwnershipIT {
  private final TestNamespace namespace;
  private final Bench bench;

  OwnershipIT(LocalControlPlane plane, TestNamespace namespace) {
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
  }

  @BeforeEach
  void start() {
    bench.apply(Samples.policy());
    bench.apply(Samples.imageModel("mistral"));
    bench.apply(Samples.hubModel("fetched"));
    bench.start();
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  private List<Deployment> engines() {
    return bench.client().apps().deployments().inNamespace(namespace.name()).list().getItems();
  }

  private RawWorkload ready(String model, String... tenants) {
    RawWorkload chat = bench.apply(Samples.workload(namespace.name(), "chat", model, tenants));
    bench.awaitReady(chat);
    return chat;
  }

  private io.fabric8.kubernetes.api.model.OwnerReference reference(RawWorkload owner) {
    return new OwnerReferenceBuilder()
        .withApiVersion(owner.getApiVersion())
        .withKind(owner.getKind())
        .withName(owner.getMetadata().getName())
        .withUid(bench.get(owner).getMetadata().getUid())
        .withController(true)
        .withBlockOwnerDeletion(true)
        .build();
  }

  @Test
  void anObjectOfTheSameNameThatIsNotOursIsLeftAloneAndNamed() {
    var foreign =
        bench
            .client()
            .resource(
                new ServiceBuilder()
                    .withNewMetadata()
                    .withName("chat--acme")
                    .withNamespace(namespace.name())
                    .endMetadata()
                    .withNewSpec()
                    .withExternalName("elsewhere.example")
                    .withType("ExternalName")
                    .endSpec()
                    .build())
            .create();
    RawWorkload chat =
        bench.apply(Samples.workload(namespace.name(), "chat", "mistral", "acme", "globex"));
    bench.awaitCondition(chat, "Stalled", "True/ForeignObject");
    assertThat(bench.message(chat, "Stalled")).contains("Service chat--acme");
    Bench.until("the other tenant is served", () -> engines().size() == 1);
    assertThat(engines())
        .extracting(d -> d.getMetadata().getName())
        .containsExactly("chat--globex");
    assertThat(bench.client().resource(foreign).get().getSpec()).isEqualTo(foreign.getSpec());

    bench.client().resource(bench.get(chat)).delete();
    Bench.until("the workload's own objects are collected", () -> engines().isEmpty());
    assertThat(bench.client().resource(foreign).get()).isNotNull();
  }

  @Test
  void aRemovedTenantIsPrunedAndNothingElse() {
    RawWorkload chat = ready("mistral", "acme", "globex");
    var mine =
        bench
            .client()
            .resource(
                new ServiceBuilder()
                    .withNewMetadata()
                    .withName("mine")
                    .withNamespace(namespace.name())
                    .addToLabels("app.kubernetes.io/managed-by", "ringfence")
                    .addToLabels("ringfence.dev/workload", "chat")
                    .addToLabels("ringfence.dev/tenant", "globex")
                    .endMetadata()
                    .withNewSpec()
                    .addNewPort()
                    .withPort(80)
                    .endPort()
                    .endSpec()
                    .build())
            .create();
    bench.edit(
        chat,
        spec -> ((com.fasterxml.jackson.databind.node.ArrayNode) spec.path("tenants")).remove(1));
    Bench.until(
        "globex is gone",
        () -> engines().stream().noneMatch(d -> d.getMetadata().getName().contains("globex")));
    bench.awaitReady(chat);
    var client = bench.client();
    List<HasMetadata> left =
        java.util.stream.Stream.<List<? extends HasMetadata>>of(
                client.services().inNamespace(namespace.name()).list().getItems(),
                client.configMaps().inNamespace(namespace.name()).list().getItems(),
                client.serviceAccounts().inNamespace(namespace.name()).list().getItems(),
                client
                    .network()
                    .v1()
                    .networkPolicies()
                    .inNamespace(namespace.name())
                    .list()
                    .getItems())
            .flatMap(List::stream)
            .map(o -> (HasMetadata) o)
            .filter(o -> o.getMetadata().getName().contains("globex"))
            .toList();
    assertThat(left).isEmpty();
    assertThat(client.resource(mine).get()).as("has our labels, but not our owner").isNotNull();
  }

  @Test
  void aClaimThatIsNotUsedAnyMoreStaysAndIsNamed() {
    RawWorkload chat = ready("fetched", "acme");
    bench.edit(chat, spec -> spec.withObjectProperty("model").put("ref", "mistral"));
    var claim =
        bench
            .client()
            .persistentVolumeClaims()
            .inNamespace(namespace.name())
            .withName("chat-model");
    String note =
        "the claim chat-model holds a model that is not served any more and stays until you delete it:"
            + " kubectl delete pvc chat-model";
    bench.await(chat, "it is named", there -> bench.message(there, "Accepted").contains(note));
    bench.awaitReady(chat);
    assertThat(claim.require().isMarkedForDeletion()).isFalse();
    assertThat(bench.client().batch().v1().jobs().inNamespace(namespace.name()).list().getItems())
        .as("what made it goes")
        .isEmpty();
    assertThat(
            bench.client().events().v1().events().inNamespace(namespace.name()).list().getItems())
        .filteredOn(e -> e.getReason().equals("ClaimUnused"))
        .hasSize(1);

    claim.delete();
    bench.await(
        chat, "said no more", there -> bench.message(there, "Accepted").equals("every rule holds"));
  }

  @Test
  void deletionLeavesNothing() {
    RawWorkload chat = ready("fetched", "acme");
    bench.client().resource(bench.get(chat)).delete();
    var client = bench.client();
    Bench.until(
        "everything is collected",
        Duration.ofMinutes(2),
        () ->
            engines().isEmpty()
                && client.services().inNamespace(namespace.name()).list().getItems().isEmpty()
                && client
                    .batch()
                    .v1()
                    .jobs()
                    .inNamespace(namespace.name())
                    .list()
                    .getItems()
                    .isEmpty()
                && client
                    .persistentVolumeClaims()
                    .inNamespace(namespace.name())
                    .list()
                    .getItems()
                    .isEmpty()
                && client
                    .network()
                    .v1()
                    .networkPolicies()
                    .inNamespace(namespace.name())
                    .list()
                    .getItems()
                    .isEmpty()
                && client
                    .apps()
                    .controllerRevisions()
                    .inNamespace(namespace.name())
                    .list()
                    .getItems()
                    .isEmpty()
                && client.pods().inNamespace(namespace.name()).list().getItems().isEmpty());
  }

  @Test
  void anEngineWhoseWorkloadIsGoneIsScaledToZero() {
    RawWorkload chat = ready("mistral", "acme");
    bench
        .client()
        .resource(bench.get(chat))
        .withPropagationPolicy(DeletionPropagation.ORPHAN)
        .delete();
    Bench.until("the workload is gone", () -> bench.client().resource(chat).get() == null);
    Bench.until(
        "the orphan is at zero",
        () -> engines().stream().allMatch(d -> d.getSpec().getReplicas() == 0));
    assertThat(engines()).hasSize(1);
  }

  @Test
  void aJobOfOurNameThatAnEditorHasMadeIsNotBelieved() {
    bench.stop();
    RawWorkload chat = bench.apply(Samples.workload(namespace.name(), "chat", "fetched", "acme"));
    // The name that the fetch Job will have is not secret: let the operator say it once, then take
    // its place.
    bench.start();
    Bench.until(
        "the Job's name is known",
        () ->
            !bench
                .client()
                .batch()
                .v1()
                .jobs()
                .inNamespace(namespace.name())
                .list()
                .getItems()
                .isEmpty());
    Job real =
        bench
            .client()
            .batch()
            .v1()
            .jobs()
            .inNamespace(namespace.name())
            .list()
            .getItems()
            .getFirst();
    bench.stop();
    bench.client().resource(real).withPropagationPolicy(DeletionPropagation.FOREGROUND).delete();
    Bench.until("the real Job is gone", () -> bench.client().resource(real).get() == null);
    Job forged =
        bench
            .client()
            .getKubernetesSerialization()
            .unmarshal(
                """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: "%s", namespace: "%s"}
            spec:
              template:
                metadata: {labels: {simple: "true"}}
                spec:
                  restartPolicy: Never
                  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
                  containers:
                  - name: nothing
                    image: registry.example/nothing
                    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
            """
                    .formatted(real.getMetadata().getName(), namespace.name()),
                Job.class);
    forged.getMetadata().setLabels(real.getMetadata().getLabels());
    forged.getMetadata().setOwnerReferences(List.of(reference(chat)));
    bench.client().resource(forged).create();
    Bench.until(
        "the forged Job has completed",
        () ->
            bench.client().resource(forged).get().getStatus() != null
                && Integer.valueOf(1)
                    .equals(bench.client().resource(forged).get().getStatus().getSucceeded()));
    bench.start();
    bench.awaitReady(chat);
    Job now = bench.client().resource(forged).get();
    assertThat(now.getSpec().getTemplate().getSpec().getContainers().getFirst().getName())
        .as("made anew as rendered")
        .isNotEqualTo("nothing");
  }

  @Test
  void aForgedStatusChangesNothingAndIsPutRight() {
    RawWorkload bad = bench.apply(Samples.workload(namespace.name(), "chat", "nowhere", "acme"));
    bench.awaitCondition(bad, "Accepted", "False");
    RawWorkload there = bench.get(bad);
    ObjectNode forged = (ObjectNode) there.status().deepCopy();
    forged.remove("violations");
    forged
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", "True")
        .put("reason", "Serving")
        .put("message", "all is well")
        .put("lastTransitionTime", "2026-01-01T00:00:00Z");
    there.putStatus(forged);
    bench.client().resource(there).updateStatus();
    bench.awaitCondition(bad, "Ready", "False/Rejected");
    assertThat(engines()).isEmpty();
  }

  private List<ControllerRevision> records(String role) {
    return bench
        .client()
        .apps()
        .controllerRevisions()
        .inNamespace(namespace.name())
        .withLabel("ringfence.dev/record", role)
        .list()
        .getItems();
  }

  private ControllerRevision record(String role) {
    return records(role).getFirst();
  }

  /** A record of that role with other contents, newer than the operator's own, as owned as that. */
  private ControllerRevision forge(String role, java.util.function.Consumer<ObjectNode> inputs) {
    ControllerRevision real = record(role);
    ObjectNode data =
        bench.client().getKubernetesSerialization().convertValue(real.getData(), ObjectNode.class);
    inputs.accept((ObjectNode) data.path("inputs"));
    return bench
        .client()
        .resource(
            new ControllerRevisionBuilder(real)
                .withNewMetadata()
                .withName("chat--999")
                .withNamespace(namespace.name())
                .withLabels(real.getMetadata().getLabels())
                .withAnnotations(real.getMetadata().getAnnotations())
                .withOwnerReferences(real.getMetadata().getOwnerReferences())
                .endMetadata()
                .withRevision(999L)
                .withData(data)
                .build())
        .create();
  }

  private RawWorkload heldByABadEdit() {
    RawWorkload chat = ready("mistral", "acme");
    bench.edit(chat, spec -> spec.withObjectProperty("engine").put("maxModelLen", 8192));
    bench.awaitCondition(chat, "Accepted", "False/HeldSpec");
    return chat;
  }

  private void changesNothing(RawWorkload chat, ControllerRevision forged, String template) {
    bench.poke(chat);
    Bench.until(
        "the forged record is removed", () -> bench.client().resource(forged).get() == null);
    Bench.pause(Duration.ofSeconds(1));
    assertThat(bench.condition(chat, "Accepted")).isEqualTo("False/HeldSpec");
    assertThat(engines().getFirst().getSpec().getTemplate()).hasToString(template);
  }

  @Test
  void aHandMadeRecordWithAnIllegalSpecificationIsNotBelieved() {
    RawWorkload chat = heldByABadEdit();
    String template = engines().getFirst().getSpec().getTemplate().toString();
    changesNothing(
        chat,
        forge(
            "current",
            inputs ->
                ((ObjectNode) inputs.path("workload").path("spec"))
                    .withObjectProperty("engine")
                    .put("enablePrefixCaching", true)),
        template);
  }

  @Test
  void aHandMadeRecordWithALaxPolicyInsideIsNotBelieved() {
    RawWorkload chat = heldByABadEdit();
    String template = engines().getFirst().getSpec().getTemplate().toString();
    changesNothing(
        chat,
        forge(
            "current",
            inputs -> {
              ((ObjectNode) inputs.path("policy").path("spec"))
                  .withObjectProperty("limits")
                  .put("maxModelLen", 32768)
                  .put("maxNumBatchedTokens", 32768);
              ((ObjectNode) inputs.path("workload").path("spec"))
                  .withObjectProperty("engine")
                  .put("maxModelLen", 32768);
            }),
        template);
  }

  @Test
  void aHandMadeRecordWithAnotherGuardIsNotBelieved() {
    RawWorkload chat = heldByABadEdit();
    String template = engines().getFirst().getSpec().getTemplate().toString();
    changesNothing(
        chat,
        forge(
            "current",
            inputs -> inputs.put("guardImage", "evil.example/guard@sha256:" + "0".repeat(64))),
        template);
  }

  @Test
  void aHoldIsNotProlongedByWhoeverChangesOrTakesAwayARecord() {
    RawWorkload chat = Samples.workload(namespace.name(), "chat", "mistral", "acme");
    ((ObjectNode) chat.spec()).putObject("engine").put("maxModelLen", 4096);
    RawWorkload made = bench.apply(chat);
    bench.awaitReady(made);
    bench.editPolicy(
        spec -> {
          spec.putObject("hold").put("days", 10);
          spec.putObject("limits").put("maxModelLen", 2048);
        });
    bench.awaitCondition(made, "Accepted", "False/HeldPolicy");
    String since = bench.message(made, "Accepted").replaceAll("(?s).*(held since [^,]*,).*", "$1");
    bench.forward(Duration.ofDays(4));

    ControllerRevision edited =
        bench.change(
            record("current"),
            r ->
                r.getMetadata()
                    .getAnnotations()
                    .put("ringfence.dev/held-since", bench.now().plusSeconds(-1).toString()));
    bench.poke(made);
    Bench.until(
        "the edited record is replaced", () -> bench.client().resource(edited).get() == null);
    Bench.until("it is made again", () -> records("current").size() == 1);
    ControllerRevision taken = record("current");
    bench.client().resource(taken).delete();
    bench.poke(made);
    Bench.until(
        "it is made again once more",
        () ->
            records("current").stream()
                .anyMatch(r -> !r.getMetadata().getUid().equals(taken.getMetadata().getUid())));
    bench.client().resource(record("ready")).delete();
    bench.poke(made);
    Bench.pause(Duration.ofSeconds(2));
    bench.awaitCondition(made, "Accepted", "False/HeldPolicy");
    assertThat(bench.message(made, "Accepted")).contains(since);
    assertThat(engines()).allSatisfy(d -> assertThat(d.getSpec().getReplicas()).isEqualTo(1));

    bench.forward(Duration.ofDays(7));
    bench.poke(made);
    bench.awaitCondition(made, "Accepted", "False/HoldEnded");

    bench.editPolicy(spec -> spec.remove("limits"));
    bench.awaitReady(made);
    bench.editPolicy(spec -> spec.putObject("limits").put("maxModelLen", 2048));
    bench.awaitCondition(made, "Accepted", "False/HeldPolicy");
    assertThat(bench.message(made, "Accepted")).as("another hold").doesNotContain(since);
  }

  @Test
  void nothingIsMadeForAWorkloadThatHasBeenDeleted(LocalControlPlane plane) {
    for (int i = 0; i < 10; i++) {
      ready("mistral", "acme", "globex");
      RawWorkload chat = bench.get(Samples.workload(namespace.name(), "chat", "mistral", "acme"));
      bench.client().resource(chat).delete();
      Bench.until("the workload is gone", () -> bench.client().resource(chat).get() == null);
      var gone = plane.auditLog().mark();
      Bench.until(
          "everything is collected",
          () ->
              engines().isEmpty()
                  && bench
                      .client()
                      .apps()
                      .controllerRevisions()
                      .inNamespace(namespace.name())
                      .list()
                      .getItems()
                      .isEmpty());
      assertThat(
              plane
                  .auditLog()
                  .between(
                      gone,
                      plane.auditLog().mark(),
                      e ->
                          e.isWrite()
                              && e.user().equals(Bench.OPERATOR)
                              && e.namespace().equals(namespace.name())
                              && e.code() < 300
                              && !e.verb().equals("delete")
                              && !e.resource().startsWith("events")))
          .extracting(e -> e.verb() + " " + e.resource())
          .isEmpty();
    }
  }
}
