package dev.ringfence.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ringfence.input.InputReader;
import dev.ringfence.input.Manifest;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Surroundings;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Workload;
import dev.ringfence.vllm.Knowledge;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The examples under {@code src/test/resources/render}: a policy, models and a workload each. */
final class Examples {
  static final ObjectMapper JSON = new ObjectMapper();
  static final Knowledge KNOWLEDGE = Knowledge.bundled();
  static final String GUARD_IMAGE = "registry.example.com/ringfence/guard@sha256:" + "0".repeat(64);
  static final RenderContext OFFLINE = RenderContext.offline(GUARD_IMAGE, KNOWLEDGE);
  static final RenderContext CLUSTER =
      new RenderContext(
          new RenderContext.Owner.Cluster(
              "ringfence.dev/v1alpha1",
              "VLLMDeployment",
              "owner",
              "6b1f6c1e-3f0e-4a7e-9d38-1a3c5a1f9a10"),
          GUARD_IMAGE,
          OFFLINE.operator(),
          "10.96.0.1:443",
          true,
          true,
          KNOWLEDGE);

  private static final Path ROOT = Path.of("src/test/resources/render");
  private static final Map<Path, Workload> ACCEPTED = new ConcurrentHashMap<>();
  private static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");

  /** One folder. */
  record Example(Path folder, JsonNode policy, List<JsonNode> models, JsonNode workload) {
    Workload accepted() {
      return ACCEPTED.computeIfAbsent(folder, f -> accept(policy, models, workload));
    }

    Path golden() {
      return folder.resolve("expected.yaml");
    }

    @Override
    public String toString() {
      return folder.getFileName().toString();
    }
  }

  private Examples() {}

  static List<Example> all() {
    try (Stream<Path> folders = Files.list(ROOT)) {
      return folders
          .sorted()
          .map(
              f ->
                  new Example(
                      f,
                      documents(f.resolve("policy.yaml")).getFirst(),
                      documents(f.resolve("models.yaml")),
                      documents(f.resolve("workload.yaml")).getFirst()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Example named(String name) {
    return all().stream().filter(e -> e.toString().equals(name)).findFirst().orElseThrow();
  }

  /** Only {@code Check} makes workloads: what it rejects cannot be rendered. */
  static Workload accept(JsonNode policy, List<JsonNode> models, JsonNode workload) {
    Verdict verdict = judge(policy, models, workload);
    assertThat(verdict).as("%s", verdict).isInstanceOf(Verdict.Accepted.class);
    return ((Verdict.Accepted) verdict).workload();
  }

  static Verdict judge(JsonNode policy, List<JsonNode> models, JsonNode workload) {
    return Check.workload(workload, surroundings(policy, models));
  }

  static Surroundings surroundings(JsonNode policy, List<JsonNode> models) {
    Judged<Policy> judged = Check.policy(policy, KNOWLEDGE, NOW);
    assertThat(judged).as("%s", judged).isInstanceOf(Judged.Valid.class);
    Map<String, Optional<TrustedModel>> catalogue = new TreeMap<>();
    for (JsonNode model : models) {
      Judged<TrustedModel> m = Check.model(model, KNOWLEDGE);
      assertThat(m).as("%s", m).isInstanceOf(Judged.Valid.class);
      catalogue.put(
          model.at("/metadata/name").asText(),
          Optional.of(((Judged.Valid<TrustedModel>) m).value()));
    }
    return new Surroundings(
        new Surroundings.PolicyState.Valid(((Judged.Valid<Policy>) judged).value()),
        new Surroundings.Catalogue(catalogue),
        new Surroundings.NamespaceFacts.Known(
            Map.of("pod-security.kubernetes.io/enforce", "restricted")),
        Surroundings.Neighbours.NONE,
        Optional.empty(),
        KNOWLEDGE,
        NOW);
  }

  /** A rendered object as a reader sees it, without the renderer's types. */
  static JsonNode tree(Object object) {
    return JSON.valueToTree(object);
  }

  static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<JsonNode> documents(Path file) {
    InputReader.Contents contents =
        new InputReader(InputStream.nullInputStream()).read(file.toString());
    assertThat(contents.unreadable()).isEmpty();
    return contents.manifests().stream().map(Manifest::json).toList();
  }
}
