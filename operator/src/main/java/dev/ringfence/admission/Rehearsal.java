package dev.ringfence.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.input.InputReader;
import dev.ringfence.input.Manifest;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.vllm.Knowledge;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Judges the samples that ship with the operator over and over before the first request is
 * answered: a virtual machine is slow at what it has not done yet, and somebody waits for each
 * answer.
 */
final class Rehearsal {
  /** By then the judgement's code is compiled (measured with {@code AdmissionLoad}). */
  private static final int ROUNDS = 1500;

  /** On a slow machine it ends earlier. */
  private static final Duration LONGEST = Duration.ofSeconds(3);

  private Rehearsal() {}

  static void run(InstantSource clock) {
    Shipped shipped = Shipped.read();
    Reviewer reviewer = new Reviewer(shipped, clock);
    ObjectNode bad = shipped.workload().deepCopy();
    bad.withObject("/spec/engine")
        .put("maxModelLen", 1_000_000)
        .put("enablePrefixCaching", true)
        .putArray("extraArgs")
        .add("--enable-pre");
    List<byte[]> reviews =
        List.of(
            review(shipped.workload(), Optional.empty()),
            review(bad, Optional.empty()),
            review(bad, Optional.of(shipped.workload())));
    long end = System.nanoTime() + LONGEST.toNanos();
    for (int i = 0; i < ROUNDS && System.nanoTime() < end; i++) {
      reviews.forEach(reviewer::answer);
    }
  }

  private static byte[] review(ObjectNode object, Optional<ObjectNode> before) {
    ObjectNode review = JsonNodeFactory.instance.objectNode();
    review.put("kind", "AdmissionReview").put("apiVersion", "admission.k8s.io/v1");
    ObjectNode request = review.putObject("request");
    request
        .put("uid", "rehearsal")
        .put("operation", before.isPresent() ? "UPDATE" : "CREATE")
        .set("namespace", object.path("metadata").path("namespace"));
    request
        .putObject("resource")
        .put("group", Crd.GROUP)
        .put("version", Crd.VERSION)
        .put("resource", Crd.VLLM_DEPLOYMENT.plural());
    request.set("object", object);
    before.ifPresent(b -> request.set("oldObject", b));
    return review.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** A cluster that holds what {@code init} prints. */
  private record Shipped(
      ObjectNode workload, JsonNode written, JsonNode model, Optional<TrustedModel> judged)
      implements Facts {
    static Shipped read() {
      JsonNode model = sample("model.yaml", Crd.TRUSTED_MODEL);
      return new Shipped(
          (ObjectNode) sample("workload.yaml", Crd.VLLM_DEPLOYMENT),
          sample("policy.yaml", Crd.VLLM_POLICY),
          model,
          Check.model(model, Knowledge.bundled()) instanceof Judged.Valid<TrustedModel> v
              ? Optional.of(v.value())
              : Optional.empty());
    }

    private static JsonNode sample(String file, Crd kind) {
      try (InputStream in =
          Objects.requireNonNull(
              Rehearsal.class.getResourceAsStream("/dev/ringfence/samples/" + file))) {
        return new InputReader(in)
            .read("-").manifests().stream()
                .filter(m -> m.kind().equals(kind.kind()))
                .map(Manifest::json)
                .findFirst()
                .orElseThrow();
      } catch (IOException e) {
        throw new UncheckedIOException("a sample of our own", e);
      }
    }

    @Override
    public Optional<JsonNode> policy() {
      return Optional.of(written);
    }

    @Override
    public Knowledge knowledge(Optional<String> tables) {
      return Knowledge.bundled();
    }

    @Override
    public Catalogue catalogue(Knowledge knowledge) {
      return new Catalogue(Map.of(model.path("metadata").path("name").asText(), judged));
    }

    @Override
    public NamespaceFacts namespace(String name) {
      return new NamespaceFacts.Known(Map.of("pod-security.kubernetes.io/enforce", "restricted"));
    }

    @Override
    public List<JsonNode> workloads(String namespace) {
      return List.of();
    }

    @Override
    public List<JsonNode> workloads() {
      return List.of();
    }
  }
}
