package dev.ringfence.e2e.install;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.AuditEvent;
import dev.ringfence.e2e.cluster.AuditLog;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.install.Rights.Right;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The operator, as the ServiceAccount of the release and with every admission policy on, does all
 * that it ever does; then its rights are compared with the API server's record of what it asked.
 */
final class OperatorRightsIT {
  private static final String GUARD = "registry.example/ringfence/guard@" + Release.GUARD_DIGEST;
  private static final String TEAM = "team";

  /** As the usual one, and with watches. */
  private static final String AUDIT_POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitManagedFields: true
      rules:
      - {level: None, nonResourceURLs: ["*"]}
      - {level: Metadata, verbs: [watch], omitStages: [RequestReceived]}
      - {level: Metadata, omitStages: [RequestReceived, ResponseStarted]}
      """;

  @TempDir private @Nullable Path folder;

  @Test
  @Tag("slow")
  void areWhatItUsesAndNothingElse() throws IOException {
    Path home = requireNonNull(folder);
    Path policy = Files.writeString(home.resolve("audit-policy.yaml"), AUDIT_POLICY);
    try (Release release =
        Release.none(
                home,
                ControlPlaneOptions.DEFAULTS,
                "--audit-policy-file=" + policy.toAbsolutePath(),
                // As OpenShift does: owner references that block deletion need a right of their
                // own.
                "--enable-admission-plugins=OwnerReferencesPermissionEnforcement")
            .install()) {
      AuditLog audit = release.plane().auditLog();
      AuditLog.Mark start = new AuditLog.Mark(0);
      everything(release);
      List<AuditEvent> asked =
          audit.between(start, audit.mark(), e -> e.user().equals(Installation.OPERATOR));
      List<Right> rights = Rights.of(release.client(), ChartFiles.NAMESPACE, "ringfence-operator");

      assertThat(asked).as("nothing was forbidden").noneMatch(e -> e.code() == 403);
      assertThat(rights.stream().filter(r -> asked.stream().noneMatch(r::covers)).toList())
          .as(
              "granted and never used, but for what the framework and an admission plugin ask for,"
                  + " and a record that the watch does not show yet")
          .filteredOn(
              r -> !(r.resource().equals("controllerrevisions.apps") && r.verb().equals("get")))
          .containsExactlyInAnyOrder(
              new Right(
                  "Role ringfence-operator",
                  ChartFiles.NAMESPACE,
                  "leases.coordination.k8s.io",
                  "update",
                  List.of("ringfence-operator")),
              new Right(
                  "ClusterRole ringfence-operator-workloads",
                  "",
                  "vllmdeployments.ringfence.dev/finalizers",
                  "update",
                  List.of()));
      assertThat(rights)
          .noneMatch(r -> r.verb().equals("*") || r.resource().contains("*"))
          .noneMatch(
              r ->
                  r.resource().equals("secrets")
                      && (r.names().isEmpty() || r.namespace().isEmpty()));
      finalizersAreNeededWhereTheApiServerAsksForThem(release);
    }
  }

  private static void everything(Release release) {
    release.start("first", GUARD);
    release.start("second", GUARD);
    KubernetesClient client = release.client();
    release.namespace(TEAM);
    release.editPolicy(
        spec -> spec.set("engine", Samples.policy().spec().path("engine").deepCopy()));
    RawModel fetched = release.apply(Samples.hubModel("fetched"));
    release.apply(another(Samples.hubModel("another")));
    release.apply(Samples.imageModel("mistral"));
    RawWorkload chat = Samples.workload(TEAM, "chat", "fetched", "acme", "beta");
    ((ObjectNode) chat.spec().path("tenants").get(0)).put("replicas", 2);
    chat = release.apply(chat);
    RawWorkload plain = release.apply(Samples.workload(TEAM, "plain", "mistral", "acme"));
    release.awaitReady(chat);
    release.awaitReady(plain);

    for (HasMetadata child : children(client)) {
      drift(release, child);
    }
    // Twice, so that the same is said again.
    hold(release, chat);
    hold(release, chat);
    // A rollout by another default, and the tables of a release that is not known yet.
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withName("tables")
                .withNamespace(ChartFiles.NAMESPACE)
                .endMetadata()
                .addToData("note", "none yet")
                .build())
        .create();
    release.editPolicy(
        spec -> {
          ObjectNode engine = (ObjectNode) spec.path("engine");
          engine.put("argumentTables", "tables");
          ArrayNode images = (ArrayNode) engine.path("images");
          images.insert(0, images.remove(1));
        });
    Bench.until(
        "the engines have another image",
        Duration.ofMinutes(2),
        () ->
            client.apps().deployments().inNamespace(TEAM).list().getItems().stream()
                .allMatch(
                    d ->
                        d.getSpec()
                            .getTemplate()
                            .getSpec()
                            .getContainers()
                            .getFirst()
                            .getImage()
                            .equals(Samples.OTHER_IMAGE)));
    release.awaitReady(chat);
    // Another model has another Job; fewer tenants and replicas need fewer objects.
    release.edit(
        chat,
        spec -> {
          ((ObjectNode) spec.path("model")).put("ref", "another");
          ((ArrayNode) spec.path("tenants")).remove(1);
          ((ObjectNode) spec.path("tenants").get(0)).put("replicas", 1);
        });
    release.awaitReady(chat);
    // The other replica takes over.
    release.stop(leader(client));
    Bench.until(
        "another leads", Duration.ofMinutes(1), () -> release.operators().contains(leader(client)));
    release.change(
        fetched, m -> ((ObjectNode) m.spec()).putObject("revoked").put("reason", "poisoned"));
    // The same bytes under another name are revoked, too.
    release.await(plain, "Accepted", "False/ContentRefused");
    client.resource(plain).delete();
    client.resource(chat).delete();
    Bench.until(
        "everything of the workloads is gone",
        Duration.ofMinutes(1),
        () -> children(client).isEmpty());
  }

  private static RawModel another(RawModel model) {
    ((ObjectNode) model.spec().path("files").get(0)).put("sha256", "4".repeat(64));
    return model;
  }

  private static List<HasMetadata> children(KubernetesClient client) {
    String ours = "ringfence.dev/workload";
    return Stream.<List<? extends HasMetadata>>of(
            client.serviceAccounts().inNamespace(TEAM).withLabel(ours).list().getItems(),
            client.configMaps().inNamespace(TEAM).withLabel(ours).list().getItems(),
            client.services().inNamespace(TEAM).withLabel(ours).list().getItems(),
            client
                .network()
                .v1()
                .networkPolicies()
                .inNamespace(TEAM)
                .withLabel(ours)
                .list()
                .getItems(),
            client
                .policy()
                .v1()
                .podDisruptionBudget()
                .inNamespace(TEAM)
                .withLabel(ours)
                .list()
                .getItems(),
            client.batch().v1().jobs().inNamespace(TEAM).withLabel(ours).list().getItems(),
            client.apps().deployments().inNamespace(TEAM).withLabel(ours).list().getItems(),
            client.persistentVolumeClaims().inNamespace(TEAM).withLabel(ours).list().getItems())
        .flatMap(List::stream)
        .map(object -> (HasMetadata) object)
        .toList();
  }

  /** What somebody changes of each kind; of a claim nothing that matters can be changed. */
  private static final Map<String, String> EDITS =
      Map.of(
          "ServiceAccount", "{\"automountServiceAccountToken\": true}",
          "ConfigMap", "{\"data\": {\"more\": \"text\"}}",
          "Service", "{\"spec\": {\"sessionAffinity\": \"ClientIP\"}}",
          "NetworkPolicy", "{\"spec\": {\"egress\": [{}]}}",
          "PodDisruptionBudget", "{\"spec\": {\"maxUnavailable\": 2}}",
          "Job", "{\"spec\": {\"ttlSecondsAfterFinished\": 86400}}",
          "Deployment", "{\"spec\": {\"minReadySeconds\": 5}}",
          "PersistentVolumeClaim", "{}");

  private static void drift(Release release, HasMetadata child) {
    KubernetesClient client = release.client();
    String before = matters(client, child);
    client
        .resource(child)
        .patch(PatchContext.of(PatchType.JSON_MERGE), requireNonNull(EDITS.get(child.getKind())));
    Bench.until(
        child.getKind() + " " + child.getMetadata().getName() + " is put back",
        Duration.ofMinutes(1),
        () -> matters(client, child).equals(before));
  }

  private static String matters(KubernetesClient client, HasMetadata child) {
    HasMetadata there = client.resource(child).get();
    if (there == null) {
      return "";
    }
    ObjectNode tree = client.getKubernetesSerialization().convertValue(there, ObjectNode.class);
    tree.remove(List.of("metadata", "status"));
    return tree.toString();
  }

  private static void hold(Release release, RawWorkload workload) {
    release.editPolicy(spec -> spec.putObject("limits").put("maxNumSeqs", 8));
    release.edit(workload, spec -> spec.withObjectProperty("engine").put("maxNumSeqs", 8));
    release.awaitReady(workload);
    release.editPolicy(spec -> spec.putObject("limits").put("maxNumSeqs", 4));
    release.await(workload, "Accepted", "False/Held");
    release.editPolicy(spec -> spec.remove("limits"));
    release.await(workload, "Accepted", "True");
    release.awaitReady(workload);
  }

  private static String leader(KubernetesClient client) {
    String holder =
        client
            .leases()
            .inNamespace(ChartFiles.NAMESPACE)
            .withName("ringfence-operator")
            .require()
            .getSpec()
            .getHolderIdentity();
    return holder == null ? "" : holder;
  }

  private static void finalizersAreNeededWhereTheApiServerAsksForThem(Release release) {
    KubernetesClient client = release.client();
    client
        .rbac()
        .clusterRoles()
        .withName("ringfence-operator-workloads")
        .edit(
            role -> {
              role.getRules()
                  .removeIf(r -> r.getResources().contains("vllmdeployments/finalizers"));
              return role;
            });
    RawModel fresh = Samples.imageModel("fresh");
    ((ObjectNode) fresh.spec().path("files").get(1)).put("sha256", "5".repeat(64));
    release.apply(fresh);
    RawWorkload last = release.apply(Samples.workload(TEAM, "last", "fresh", "acme"));
    Bench.until(
        "it says what it may not",
        Duration.ofMinutes(1),
        () -> client.resource(last).require().status().toString().contains("blockOwnerDeletion"));
    assertThat(client.apps().deployments().inNamespace(TEAM).list().getItems()).isEmpty();
  }
}
