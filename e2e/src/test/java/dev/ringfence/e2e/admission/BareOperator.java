package dev.ringfence.e2e.admission;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.runtime.Options;
import dev.ringfence.runtime.RingfenceOperator;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The running operator where an administrator has removed the webhook, and every rule and every
 * schema of the definitions too: whatever somebody writes is stored, and the operator is alone in
 * refusing it. It runs on the day of the examples.
 */
final class BareOperator implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String GUARD = "registry.example/ringfence/guard@sha256:" + "d".repeat(64);

  private final KubernetesClient admin;
  private final RingfenceOperator operator;

  /** What lies there beside what is judged, by its path. */
  private final Map<String, ObjectNode> there = new HashMap<>();

  private BareOperator(KubernetesClient admin, RingfenceOperator operator) {
    this.admin = admin;
    this.operator = operator;
  }

  static BareOperator start(LocalControlPlane plane) {
    KubernetesClient admin = plane.client();
    admin
        .admissionRegistration()
        .v1()
        .validatingWebhookConfigurations()
        .withName("ringfence")
        .delete();
    open(admin);
    return new BareOperator(
        admin,
        RingfenceOperator.start(
            plane.configFor("bare-operator", "system:masters"),
            Options.of("ringfence-system", GUARD)
                .withApiServer("10.96.0.1:443")
                .withListen("127.0.0.1", 0)
                .withLeaderElection(false, "bare")
                .withAskGuards(false)
                .withResync(Duration.ofMinutes(10), InstantSource.fixed(RuleExample.DAY))));
  }

  /** Definitions that take anything. */
  private static void open(KubernetesClient admin) {
    for (Crd crd : Crd.values()) {
      try {
        ObjectNode definition = (ObjectNode) Installed.YAML.readTree(crd.yaml());
        ObjectNode schema = (ObjectNode) definition.at("/spec/versions/0/schema/openAPIV3Schema");
        schema.removeAll();
        schema.put("type", "object").put("x-kubernetes-preserve-unknown-fields", true);
        Installed.apply(admin, definition);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    for (Crd crd : Crd.values()) {
      ObjectNode object = JSON.createObjectNode();
      object.put("apiVersion", "ringfence.dev/v1alpha1").put("kind", crd.kind()).put("spec", 1);
      object.putObject("metadata").put("name", "open").put("namespace", "default");
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  answers(
                      () -> admin.raw(folder(object) + "?dryRun=All", "POST", object.toString())));
    }
  }

  private static boolean answers(Runnable call) {
    try {
      call.run();
      return true;
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  static String folder(ObjectNode object) {
    String kind = object.path("kind").asText();
    String namespace = object.path("metadata").path("namespace").asText("default");
    return Arrays.stream(Crd.values())
        .filter(c -> c.kind().equals(kind))
        .findFirst()
        .map(
            c ->
                "/apis/ringfence.dev/v1alpha1/"
                    + (c == Crd.VLLM_DEPLOYMENT ? "namespaces/" + namespace + "/" : "")
                    + c.plural())
        .orElse("/api/v1/namespaces");
  }

  static String path(ObjectNode object) {
    return folder(object) + "/" + object.path("metadata").path("name").asText();
  }

  /** Stores it as it is; empty, or why the API server's own machinery cannot. */
  Optional<String> create(ObjectNode object) {
    try {
      admin.raw(folder(object) + "?fieldValidation=Ignore", "POST", object.toString());
      return Optional.empty();
    } catch (KubernetesClientException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** The operator writes the status meanwhile, so what is replaced may have changed. */
  void replace(ObjectNode object) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              ObjectNode fresh = object.deepCopy();
              ((ObjectNode) fresh.path("metadata"))
                  .set(
                      "resourceVersion",
                      read(path(object)).path("metadata").path("resourceVersion"));
              return answers(
                  () ->
                      admin.raw(path(object) + "?fieldValidation=Ignore", "PUT", fresh.toString()));
            });
  }

  /** With its records: nothing collects garbage here. */
  void delete(ObjectNode object) {
    answers(() -> admin.raw(path(object), "DELETE", ""));
    JsonNode metadata = object.path("metadata");
    if (object.path("kind").asText().equals("VLLMDeployment")) {
      admin
          .apps()
          .controllerRevisions()
          .inNamespace(metadata.path("namespace").asText("default"))
          .withLabel("ringfence.dev/workload", metadata.path("name").asText())
          .delete();
    }
  }

  JsonNode read(String path) {
    try {
      String text = admin.raw(path);
      return text == null ? JSON.missingNode() : JSON.readTree(text);
    } catch (KubernetesClientException e) {
      return JSON.missingNode();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Puts the object that is to be judged, in the place of one that has its name.
   *
   * @param before what it is an update of
   * @return why the API server's own machinery cannot store it
   */
  Optional<String> place(ObjectNode object, Optional<ObjectNode> before) {
    boolean policy = object.path("kind").asText().equals("VLLMPolicy");
    if (!policy || !there.containsKey(path(object))) {
      delete(object);
      Optional<String> refusal = create(before.orElse(object));
      if (refusal.isPresent()) {
        return refusal;
      }
    }
    if (before.isPresent()) {
      String uid = seen(object).path("metadata").path("uid").asText();
      if (object.path("kind").asText().equals("VLLMDeployment")) {
        await().atMost(Duration.ofSeconds(60)).until(() -> recorded(uid));
      }
    }
    there.put(path(object), object);
    if (policy || before.isPresent()) {
      replace(object);
    }
    return Optional.empty();
  }

  /** Whether there is a record of what was accepted. */
  private boolean recorded(String uid) {
    return admin.apps().controllerRevisions().inAnyNamespace().list().getItems().stream()
        .flatMap(r -> r.getMetadata().getOwnerReferences().stream())
        .anyMatch(owner -> owner.getUid().equals(uid));
  }

  /** Puts these beside, and takes away what lay there before. */
  void beside(List<ObjectNode> objects) {
    Set<String> wanted = new HashSet<>();
    objects.forEach(o -> wanted.add(path(o)));
    for (Map.Entry<String, ObjectNode> old : List.copyOf(there.entrySet())) {
      if (!wanted.contains(old.getKey())
          && !old.getValue().path("kind").asText().equals("Namespace")) {
        delete(old.getValue());
        there.remove(old.getKey());
      }
    }
    List<ObjectNode> fresh = new ArrayList<>();
    for (ObjectNode object : objects) {
      ObjectNode before = there.put(path(object), object);
      if (object.equals(before)) {
        continue;
      }
      switch (object.path("kind").asText()) {
        case "Namespace" -> Installed.apply(admin, object);
        case "TrustedModel" -> {
          // Changed in place it would be another model under the same name.
          delete(object);
          create(object);
          fresh.add(object);
        }
        default -> {
          if (create(object).isPresent()) {
            replace(object);
          }
          fresh.add(object);
        }
      }
    }
    fresh.forEach(this::seen);
  }

  /** Returns when the operator has said something of the object as it is now. */
  JsonNode seen(ObjectNode object) {
    await()
        .pollInterval(Duration.ofMillis(20))
        .atMost(Duration.ofSeconds(60))
        .until(() -> isSeen(read(path(object))));
    return read(path(object));
  }

  static boolean isSeen(JsonNode object) {
    return object.isMissingNode()
        || (object.path("status").path("conditions").size() > 0
            && object.path("status").path("observedGeneration").asLong(-1)
                == object.path("metadata").path("generation").asLong());
  }

  @Override
  public void close() {
    operator.close();
  }
}
