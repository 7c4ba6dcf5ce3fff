package dev.ringfence.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.vllm.Knowledge;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The objects that ship with the operator, reviews of them, and a cluster that holds them. */
final class Samples {
  static final ObjectMapper JSON = new ObjectMapper();
  static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  static final Knowledge KNOWLEDGE = Knowledge.bundled();

  private Samples() {}

  static ObjectNode workload() {
    ObjectNode workload = read("workload.yaml", "VLLMDeployment");
    ((ObjectNode) workload.path("metadata")).put("creationTimestamp", "2026-11-01T00:00:00Z");
    return workload;
  }

  static ObjectNode policy() {
    return read("policy.yaml", "VLLMPolicy");
  }

  static ObjectNode model() {
    return read("model.yaml", "TrustedModel");
  }

  private static ObjectNode read(String file, String kind) {
    try (InputStream in =
        Objects.requireNonNull(
            Samples.class.getResourceAsStream("/dev/ringfence/samples/" + file))) {
      String text = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      return StreamSupport.stream(
              new Load(LoadSettings.builder().build()).loadAllFromString(text).spliterator(), false)
          .<JsonNode>map(JSON::valueToTree)
          .filter(o -> o.path("kind").asText().equals(kind))
          .map(ObjectNode.class::cast)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives a field a value; null takes it away. The path's steps are separated by slashes. */
  static ObjectNode with(ObjectNode object, String path, String json) {
    int cut = path.lastIndexOf('/');
    ObjectNode copy = object.deepCopy();
    JsonNode parent = copy;
    for (String step : cut < 0 ? new String[0] : path.substring(0, cut).split("/", -1)) {
      JsonNode next =
          step.matches("[0-9]+") ? parent.path(Integer.parseInt(step)) : parent.path(step);
      parent = next.isMissingNode() ? ((ObjectNode) parent).putObject(step) : next;
    }
    // A tilde stands for the slash inside a name.
    String last = path.substring(cut + 1).replace('~', '/');
    try {
      JsonNode value = JSON.readTree(json);
      if (parent instanceof ObjectNode map) {
        if (value.isNull()) {
          map.remove(last);
        } else {
          map.set(last, value);
        }
      } else {
        ((com.fasterxml.jackson.databind.node.ArrayNode) parent).set(Integer.parseInt(last), value);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return copy;
  }

  /** A review as the API server sends one. */
  static ObjectNode review(
      String resource, String operation, Optional<ObjectNode> object, Optional<ObjectNode> old) {
    JsonNode metadata = object.or(() -> old).orElseThrow().path("metadata");
    ObjectNode review = JSON.createObjectNode();
    review.put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
    ObjectNode request = review.putObject("request");
    request.put("uid", "705ab4f5-6393-11e8-b7cc-42010a800002");
    request
        .putObject("kind")
        .put("group", "ringfence.dev")
        .put("version", "v1alpha1")
        .put("kind", object.or(() -> old).orElseThrow().path("kind").asText());
    request
        .putObject("resource")
        .put("group", "ringfence.dev")
        .put("version", "v1alpha1")
        .put("resource", resource);
    request.put("name", metadata.path("name").asText());
    if (metadata.has("namespace")) {
      request.set("namespace", metadata.path("namespace"));
    }
    request.put("operation", operation);
    request.putObject("userInfo").put("username", "alice");
    request.set("object", object.<JsonNode>map(o -> o).orElse(JSON.nullNode()));
    request.set("oldObject", old.<JsonNode>map(o -> o).orElse(JSON.nullNode()));
    request.put("dryRun", false);
    return review;
  }

  /** A cluster that holds these objects, in a namespace as the rules want it. */
  record Cluster(List<ObjectNode> policies, List<ObjectNode> models, List<JsonNode> all)
      implements Facts {
    static Cluster usual() {
      return new Cluster(List.of(Samples.policy()), List.of(Samples.model()), List.of());
    }

    Cluster with(ObjectNode... workloads) {
      List<JsonNode> more = new ArrayList<>(all);
      more.addAll(List.of(workloads));
      return new Cluster(policies, models, more);
    }

    @Override
    public Optional<JsonNode> policy() {
      return policies.stream().<JsonNode>map(p -> p).findFirst();
    }

    @Override
    public Knowledge knowledge(Optional<String> tables) {
      return KNOWLEDGE;
    }

    @Override
    public Catalogue catalogue(Knowledge knowledge) {
      Map<String, Optional<TrustedModel>> catalogue = new HashMap<>();
      for (ObjectNode model : models) {
        catalogue.put(
            model.path("metadata").path("name").asText(),
            Check.model(model, knowledge) instanceof Judged.Valid<TrustedModel> v
                ? Optional.of(v.value())
                : Optional.empty());
      }
      return new Catalogue(catalogue);
    }

    @Override
    public NamespaceFacts namespace(String name) {
      return new NamespaceFacts.Known(Map.of("pod-security.kubernetes.io/enforce", "restricted"));
    }

    @Override
    public List<JsonNode> workloads(String namespace) {
      return all.stream()
          .filter(w -> w.path("metadata").path("namespace").asText().equals(namespace))
          .toList();
    }

    @Override
    public List<JsonNode> workloads() {
      return all;
    }
  }
}
