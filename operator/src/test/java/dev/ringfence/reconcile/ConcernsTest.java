package dev.ringfence.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two namespaces, {@code a} and {@code b}, each with a workload of the model m and one of n. */
final class ConcernsTest {
  private static final KubernetesSerialization YAML = new KubernetesSerialization();

  private final List<RawModel> models = new ArrayList<>();
  private final List<RawPolicy> policies = new ArrayList<>();
  private final Concerns concerns =
      new Concerns(
          new Concerns.Known() {
            @Override
            public Stream<RawWorkload> workloads() {
              return Stream.of("a", "b")
                  .flatMap(ns -> Stream.of("m", "n").map(model -> workload(ns, model)));
            }

            @Override
            public List<RawModel> models() {
              return models;
            }

            @Override
            public List<RawPolicy> policies() {
              return policies;
            }
          });

  private static RawWorkload workload(String namespace, String model) {
    return YAML.unmarshal(
        "apiVersion: ringfence.dev/v1alpha1\nkind: VLLMDeployment\nmetadata: {name: of-%s, namespace: %s}\nspec: {model: {ref: %s}}\n"
            .formatted(model, namespace, model),
        RawWorkload.class);
  }

  private static RawPolicy policy(String spec) {
    return YAML.unmarshal(
        "apiVersion: ringfence.dev/v1alpha1\nkind: VLLMPolicy\nmetadata: {name: default}\nspec: {%s}\n"
            .formatted(spec),
        RawPolicy.class);
  }

  private RawModel model(String name, String claim, String weight, boolean revoked) {
    return YAML.unmarshal(
        """
        apiVersion: ringfence.dev/v1alpha1
        kind: TrustedModel
        metadata: {name: %s}
        spec:
          source: {volumeClaim: {claimName: %s}}
          files: [{path: config.json, sha256: "%s"}, {path: x.safetensors, sha256: "%s"}]
          %s
        """
            .formatted(
                name, claim, "0".repeat(64), weight.repeat(64), revoked ? "revoked: {}" : ""),
        RawModel.class);
  }

  private static List<String> names(java.util.Set<ResourceID> ids) {
    return ids.stream().map(id -> id.getNamespace().orElseThrow() + "/" + id.getName()).toList();
  }

  @Test
  void aPolicyThatIsSeenForTheFirstTimeOrAgainConcernsAll() {
    assertThat(concerns.of(policy("hold: {days: 3}"))).hasSize(4);
    // Deleted, or listed again after a lost watch: nothing is known of what happened between.
    assertThat(concerns.of(policy("hold: {days: 3}"))).hasSize(4);
  }

  @Test
  void aPolicyOfAnotherNameConcernsNobody() {
    RawPolicy strict = policy("hold: {days: 3}");
    strict.getMetadata().setName("strict");
    assertThat(concerns.of(strict)).isEmpty();
  }

  /** Before and after, and whom the change concerns: {@code a}, {@code b} or both. */
  @ParameterizedTest(name = "{0} => {1}")
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "hold: {days: 3} | hold: {days: 4} | ab",
        "waivers: [] | waivers: [{rule: X, namespaces: [a]}] | a",
        "waivers: [{rule: X, namespaces: [a]}] | waivers: [] | a",
        "waivers: [{rule: X, namespaces: [a]}] | - | a",
        "waivers: [{rule: X, namespaces: [a]}] | waivers: [{rule: X, namespaces: [b]}] | ab",
        "waivers: [{rule: X, namespaces: [a]}, {rule: Y, namespaces: [b]}] | waivers: [{rule: X, namespaces: [a]}] | b",
        "overrides: [{namespaces: {names: [a]}, limits: {n: 1}}] | overrides: [{namespaces: {names: [a]}, limits: {n: 2}}] | a",
        "overrides: [{namespaces: {selector: {}}, limits: {n: 1}}] | overrides: [] | ab",
        "overrides: [{limits: {n: 1}}] | overrides: [] | ab",
        // The first match wins, so their order counts.
        "overrides: [{namespaces: {names: [a]}, n: 1}, {namespaces: {names: [a]}, n: 2}] | overrides: [{namespaces: {names: [a]}, n: 2}, {namespaces: {names: [a]}, n: 1}] | a",
        "waivers: [{rule: X, namespaces: [c]}] | waivers: [] | -",
        "hold: {days: 3}, waivers: [{rule: X, namespaces: [a]}] | hold: {days: 4} | ab",
      })
  void aChangedPolicyConcernsTheNamespacesOfWhatChanged(
      String before,
      @org.jspecify.annotations.Nullable String after,
      @org.jspecify.annotations.Nullable String whom) {
    concerns.of(policy(before));
    List<String> expected = new ArrayList<>();
    for (String namespace : List.of("a", "b")) {
      if (whom != null && whom.contains(namespace)) {
        expected.add(namespace + "/of-m");
        expected.add(namespace + "/of-n");
      }
    }
    assertThat(names(concerns.of(policy(after == null ? "" : after))))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void aModelConcernsTheWorkloadsThatNameIt() {
    models.add(model("m", "one", "1", false));
    models.add(model("n", "one", "1", false));
    assertThat(names(concerns.of(models.getFirst()))).containsExactlyInAnyOrder("a/of-m", "b/of-m");
  }

  @Test
  void aRevokedModelConcernsThoseOfTheSameSourceOrTheSameWeightsToo() {
    models.add(model("n", "one", "2", false));
    assertThat(concerns.of(model("m", "one", "1", true))).as("the same source").hasSize(4);
    assertThat(concerns.of(model("m", "two", "2", true))).as("a weight in common").hasSize(4);
    assertThat(concerns.of(model("m", "two", "1", true))).as("config.json alone").hasSize(2);
  }

  @Test
  void tablesConcernAllWhenThePolicyNamesThem() {
    policies.add(policy("engine: {argumentTables: tables}"));
    assertThat(concerns.ofTables("tables")).hasSize(4);
    assertThat(concerns.ofTables("other")).isEmpty();
  }
}
