package dev.ringfence.e2e.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.admission.Facts;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.vllm.Knowledge;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Facts that a test gives: what lies beside an example, without storing it first. */
final class GivenFacts implements Facts {
  private volatile List<ObjectNode> objects = List.of();

  void are(List<ObjectNode> given) {
    objects = List.copyOf(given);
  }

  private Stream<ObjectNode> of(String kind) {
    return objects.stream().filter(o -> o.path("kind").asText().equals(kind));
  }

  @Override
  public Optional<JsonNode> policy() {
    return of("VLLMPolicy")
        .filter(p -> p.path("metadata").path("name").asText().equals("default"))
        .<JsonNode>map(p -> p)
        .findFirst();
  }

  @Override
  public Knowledge knowledge(Optional<String> tables) {
    return Knowledge.bundled();
  }

  @Override
  public Catalogue catalogue(Knowledge knowledge) {
    Map<String, Optional<TrustedModel>> catalogue = new HashMap<>();
    of("TrustedModel")
        .forEach(
            m ->
                catalogue.put(
                    m.path("metadata").path("name").asText(),
                    Check.model(m, knowledge) instanceof Judged.Valid<TrustedModel> v
                        ? Optional.of(v.value())
                        : Optional.empty()));
    return new Catalogue(catalogue);
  }

  @Override
  public NamespaceFacts namespace(String name) {
    Map<String, String> labels = new HashMap<>();
    of("Namespace")
        .filter(n -> n.path("metadata").path("name").asText().equals(name))
        .forEach(
            n ->
                n.path("metadata")
                    .path("labels")
                    .properties()
                    .forEach(e -> labels.put(e.getKey(), e.getValue().asText())));
    return of("Namespace").anyMatch(n -> n.path("metadata").path("name").asText().equals(name))
        ? new NamespaceFacts.Known(labels)
        : new NamespaceFacts.Unknown();
  }

  @Override
  public List<JsonNode> workloads(String namespace) {
    return of("VLLMDeployment")
        .filter(w -> w.path("metadata").path("namespace").asText("default").equals(namespace))
        .<JsonNode>map(w -> w)
        .toList();
  }

  @Override
  public List<JsonNode> workloads() {
    return of("VLLMDeployment").<JsonNode>map(w -> w).toList();
  }
}
