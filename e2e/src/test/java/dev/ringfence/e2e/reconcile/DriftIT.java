package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whatever somebody changes of an object of ours is put back, whoever seems to own the field. */
@WithControlPlane
final class DriftIT {
  /**
   * Not repaired, and why it does not matter: an owner that does not exist makes the garbage
   * collector delete the object, which is then made anew; a claim may grow and no API server lets
   * one shrink; an address family is the API server's own choice, of which a rendered Service says
   * nothing.
   */
  private static final List<String> NOBODYS =
      List.of("ownerReferences, 0, uid", "requests, storage", "ipFamil", "clusterIP");

  private final TestNamespace namespace;
  private final Bench bench;

  DriftIT(LocalControlPlane plane, TestNamespace namespace) {
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
  }

  @BeforeEach
  void start() {
    bench.apply(Samples.policy());
    bench.apply(Samples.hubModel("fetched"));
    bench.apply(Samples.imageModel("mistral"));
    bench.start();
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  /** One edit: what it does to the object's tree, and where. */
  private record Edit(String what, java.util.function.Consumer<ObjectNode> change) {}

  private List<HasMetadata> children() {
    var client = bench.client();
    String ours = "ringfence.dev/workload";
    return Stream.<List<? extends HasMetadata>>of(
            client
                .serviceAccounts()
                .inNamespace(namespace.name())
                .withLabel(ours)
                .list()
                .getItems(),
            client.configMaps().inNamespace(namespace.name()).withLabel(ours).list().getItems(),
            client.services().inNamespace(namespace.name()).withLabel(ours).list().getItems(),
            client
                .network()
                .v1()
                .networkPolicies()
                .inNamespace(namespace.name())
                .withLabel(ours)
                .list()
                .getItems(),
            client
                .policy()
                .v1()
                .podDisruptionBudget()
                .inNamespace(namespace.name())
                .withLabel(ours)
                .list()
                .getItems(),
            client
                .batch()
                .v1()
                .jobs()
                .inNamespace(namespace.name())
                .withLabel(ours)
                .list()
                .getItems(),
            client
                .apps()
                .deployments()
                .inNamespace(namespace.name())
                .withLabel(ours)
                .list()
                .getItems(),
            client
                .persistentVolumeClaims()
                .inNamespace(namespace.name())
                .withLabel(ours)
                .list()
                .getItems())
        .flatMap(List::stream)
        .map(object -> (HasMetadata) object)
        .toList();
  }

  /** Some six hundred edits, four minutes. */
  @Test
  @Tag("slow")
  void anEditOfEverySingleFieldOfEveryChildIsPutBackOrDoesNotMatter() {
    RawWorkload chat = Samples.workload(namespace.name(), "chat", "fetched", "acme");
    ((ObjectNode) chat.spec().path("tenants").get(0)).put("replicas", 2);
    chat = bench.apply(chat);
    bench.awaitReady(chat);
    Map<String, Integer> outcome = new TreeMap<>();
    List<String> left = new ArrayList<>();
    for (HasMetadata child : children()) {
      String name = child.getKind() + " " + child.getMetadata().getName();
      int number = 0;
      for (Edit edit : edits(tree(child))) {
        if (NOBODYS.stream().anyMatch(edit.what()::contains)) {
          continue;
        }
        if (number++ % 3 == 0) {
          // More than three repairs in ten minutes would be a fight.
          bench.forward(Duration.ofMinutes(11));
        }
        String result = tryEdit(child, edit);
        outcome.merge(result, 1, Integer::sum);
        if (result.equals("left")) {
          left.add(
              name
                  + ": "
                  + edit.what()
                  + "; Stalled "
                  + bench.condition(chat, "Stalled")
                  + " "
                  + bench.message(chat, "Stalled")
                  + ", Reconciling "
                  + bench.condition(chat, "Reconciling")
                  + " "
                  + bench.message(chat, "Reconciling"));
        }
      }
    }
    assertThat(left).as("outcomes " + outcome).isEmpty();
    assertThat(outcome.get("put back")).isGreaterThan(100);
  }

  /**
   * @return {@code refused} by the API server, {@code no change} when it came to the same, {@code
   *     put back} or {@code left}
   */
  private String tryEdit(HasMetadata child, Edit edit) {
    HasMetadata live = bench.client().resource(child).get();
    if (live == null) {
      return "gone";
    }
    String before = wanted(tree(live));
    ObjectNode changed = tree(live);
    ((ObjectNode) changed.path("metadata")).remove("managedFields");
    edit.change().accept(changed);
    try {
      HasMetadata answer =
          bench
              .client()
              .resource(
                  bench
                      .client()
                      .getKubernetesSerialization()
                      .convertValue(changed, live.getClass()))
              .update();
      if (wanted(tree(answer)).equals(before)) {
        return "no change";
      }
    } catch (KubernetesClientException e) {
      return e.getCode() == 409 ? tryEdit(child, edit) : "refused";
    } catch (IllegalArgumentException e) {
      return "refused";
    }
    try {
      Bench.until(
          "put back",
          Duration.ofSeconds(25),
          () -> {
            HasMetadata now = bench.client().resource(child).get();
            return now != null && !now.isMarkedForDeletion() && wanted(tree(now)).equals(before);
          });
      return "put back";
    } catch (AssertionError e) {
      return "left";
    }
  }

  private ObjectNode tree(HasMetadata object) {
    return bench.client().getKubernetesSerialization().convertValue(object, ObjectNode.class);
  }

  /**
   * What counts: all but status and what Kubernetes keeps for itself. A Job that was made anew has
   * other uids in it.
   */
  private static String wanted(ObjectNode tree) {
    ObjectNode copy = tree.deepCopy();
    copy.remove("status");
    ObjectNode metadata = (ObjectNode) copy.path("metadata");
    metadata.remove(
        List.of(
            "managedFields",
            "resourceVersion",
            "generation",
            "uid",
            "creationTimestamp",
            "selfLink"));
    if (metadata.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove("deployment.kubernetes.io/revision");
    }
    return copy.toString()
        .replaceAll(
            "\"(batch.kubernetes.io/)?controller-uid\":\"[^\"]*\"", "\"controller-uid\":\"\"");
  }

  /** One edit for each leaf, and additions where an attacker would make them. */
  private static List<Edit> edits(ObjectNode tree) {
    List<Edit> edits = new ArrayList<>();
    tree.properties()
        .forEach(
            field -> {
              switch (field.getKey()) {
                case "apiVersion", "kind", "status" -> {}
                case "metadata" -> {
                  for (String part : List.of("labels", "ownerReferences")) {
                    leaves(List.of("metadata", part), field.getValue().path(part), edits);
                  }
                  leaves(
                      List.of("metadata", "annotations", "ringfence.dev/owner"),
                      field.getValue().path("annotations").path("ringfence.dev/owner"),
                      edits);
                  edits.add(
                      new Edit(
                          "metadata.ownerReferences removed",
                          t -> ((ObjectNode) t.path("metadata")).remove("ownerReferences")));
                }
                default -> leaves(List.of(field.getKey()), field.getValue(), edits);
              }
            });
    if (tree.path("kind").asText().equals("Deployment")) {
      additions(edits);
    }
    return edits;
  }

  private static void additions(List<Edit> edits) {
    edits.add(new Edit("+hostNetwork", t -> pod(t).put("hostNetwork", true)));
    edits.add(new Edit("+hostPID", t -> pod(t).put("hostPID", true)));
    edits.add(new Edit("+shareProcessNamespace", t -> pod(t).put("shareProcessNamespace", true)));
    edits.add(
        new Edit(
            "+container",
            t ->
                ((ArrayNode) pod(t).path("containers"))
                    .addObject()
                    .put("name", "spy")
                    .put("image", "example/spy")));
    edits.add(
        new Edit(
            "+env",
            t ->
                ((ArrayNode) pod(t).path("containers").get(0).path("env"))
                    .addObject()
                    .put("name", "LD_AUDIT")
                    .put("value", "x")));
    edits.add(
        new Edit(
            "+volume",
            t ->
                ((ArrayNode) pod(t).path("volumes"))
                    .addObject()
                    .put("name", "host")
                    .putObject("hostPath")
                    .put("path", "/")));
    edits.add(
        new Edit(
            "+privileged",
            t ->
                ((ObjectNode) pod(t).path("containers").get(0).path("securityContext"))
                    .put("privileged", true)));
  }

  private static ObjectNode pod(ObjectNode deployment) {
    return (ObjectNode) deployment.path("spec").path("template").path("spec");
  }

  private static void leaves(List<Object> path, JsonNode node, List<Edit> edits) {
    if (node.isObject()) {
      node.properties().forEach(f -> leaves(add(path, f.getKey()), f.getValue(), edits));
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        leaves(add(path, i), node.get(i), edits);
      }
    } else if (!node.isMissingNode()) {
      edits.add(new Edit(path.toString(), tree -> set(tree, path, other(node))));
    }
  }

  private static List<Object> add(List<?> path, Object step) {
    List<Object> longer = new ArrayList<>(path);
    longer.add(step);
    return List.copyOf(longer);
  }

  private static void set(ObjectNode tree, List<Object> path, JsonNode value) {
    JsonNode at = tree;
    for (Object step : path.subList(0, path.size() - 1)) {
      at = step instanceof Integer i ? at.path(i) : at.path((String) step);
    }
    Object last = path.getLast();
    if (at instanceof ArrayNode array && last instanceof Integer i && i < array.size()) {
      array.set(i, value);
    } else if (at instanceof ObjectNode object && last instanceof String name) {
      object.set(name, value);
    }
  }

  private static JsonNode other(JsonNode value) {
    JsonNodeFactory f = JsonNodeFactory.instance;
    if (value.isBoolean()) {
      return f.booleanNode(!value.booleanValue());
    }
    if (value.isNumber()) {
      return f.numberNode(value.longValue() + 1);
    }
    String text = value.asText();
    return f.textNode(
        switch (text) {
          case "Recreate" -> "RollingUpdate";
          case "RollingUpdate" -> "Recreate";
          case "ClusterFirst" -> "Default";
          case "IfNotPresent" -> "Always";
          case "Always" -> "OnFailure";
          case "File" -> "FallbackToLogsOnError";
          case "TCP" -> "UDP";
          case "HTTP" -> "HTTPS";
          case "RuntimeDefault" -> "Unconfined";
          case "ClusterIP" -> "NodePort";
          case "None" -> "ClientIP";
          case "Cluster" -> "Local";
          case "SingleStack" -> "PreferDualStack";
          case "AlwaysAllow" -> "IfHealthyBudget";
          case "NotIn" -> "In";
          case "In" -> "NotIn";
          case "Memory" -> "";
          case "NonIndexed" -> "Indexed";
          default ->
              text.matches("[0-9]+[a-zA-Z%]*")
                  ? "1" + text
                  : text.endsWith("x") ? text + "y" : text + "x";
        });
  }

  @Test
  void whatIsUndoneAgainAndAgainIsNotFoughtOverForEver() {
    RawWorkload chat = bench.apply(Samples.workload(namespace.name(), "chat", "mistral", "acme"));
    bench.awaitReady(chat);
    var deployment =
        bench.client().apps().deployments().inNamespace(namespace.name()).withName("chat--acme");
    for (int i = 0; i < 3; i++) {
      meddle("chat--acme");
      Bench.until(
          "put back",
          () ->
              !Boolean.TRUE.equals(
                  deployment.require().getSpec().getTemplate().getSpec().getHostPID()));
    }
    meddle("chat--acme");
    bench.awaitCondition(chat, "Stalled", "True/DriftFight");
    assertThat(bench.message(chat, "Stalled"))
        .contains("Deployment chat--acme")
        .contains("changed again by");
    Bench.until(
        "pods that we did not render do not serve",
        () -> deployment.require().getSpec().getReplicas() == 0);

    bench.forward(Duration.ofMinutes(11));
    bench.poke(chat);
    bench.awaitReady(chat);
    assertThat(deployment.require().getSpec().getTemplate().getSpec().getHostPID())
        .isNotEqualTo(true);
  }

  private void meddle(String name) {
    bench.change(
        bench.client().apps().deployments().inNamespace(namespace.name()).withName(name).require(),
        d -> d.getSpec().getTemplate().getSpec().setHostPID(true));
  }

  @Test
  void theNumberOfEnginesIsAnAutoscalersWithinItsBounds() {
    RawWorkload chat = Samples.workload(namespace.name(), "chat", "mistral", "acme");
    ((ObjectNode) chat.spec().path("tenants").get(0))
        .putObject("scaling")
        .put("minReplicas", 1)
        .put("maxReplicas", 3);
    RawWorkload made = bench.apply(chat);
    bench.awaitReady(made);
    var deployment =
        bench.client().apps().deployments().inNamespace(namespace.name()).withName("chat--acme");
    deployment.scale(2);
    bench.await(
        made,
        "two engines serve",
        w -> w.status().path("tenants").get(0).path("readyReplicas").asInt() == 2);
    Bench.pause(Duration.ofSeconds(1));
    assertThat(deployment.require().getSpec().getReplicas()).isEqualTo(2);
    // Again and again, so that some of it meets an operator whose informer is behind.
    for (int round = 0; round < 25; round++) {
      deployment.scale(5);
      Bench.until(
          "no more than the specification says",
          () -> deployment.require().getSpec().getReplicas() == 3);
      deployment.scale(0);
      Bench.until("no fewer either", () -> deployment.require().getSpec().getReplicas() == 1);
    }
  }
}
