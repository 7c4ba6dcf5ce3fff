package dev.ringfence.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for the tables of every version that Ringfence carries. */
class KnowledgeTest {

  private static final Knowledge KNOWLEDGE = Knowledge.bundled();

  static Stream<Release> releases() {
    return KNOWLEDGE.versions().stream().map(v -> KNOWLEDGE.release(v).orElseThrow());
  }

  static Release release(String version) {
    return KNOWLEDGE.release(Version.parse(version).orElseThrow()).orElseThrow();
  }

  @Test
  void carriesTheVersionsFromTheFloorOn() {
    assertThat(KNOWLEDGE.versions())
        .extracting(Version::toString)
        .containsExactly("0.28.0", "0.29.0", "0.30.0", "0.31.0", "0.32.0", "0.33.0");
  }

  @ParameterizedTest
  @MethodSource("releases")
  void everyArgumentHasAClass(Release release) {
    List<String> unclassified = new ArrayList<>();
    for (Argument argument : release.arguments()) {
      if (!Knowledge.classes().knows(argument.name())) {
        unclassified.add(argument.name());
      }
    }
    assertThat(unclassified).as("in classification.json, for %s", release.version()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("releases")
  void everyRenderedArgumentExists(Release release) {
    assertThat(Knowledge.classes().required()).allMatch(release::accepts);
  }

  @Test
  void everyClassifiedArgumentExistsSomewhere() {
    assertThat(Knowledge.classes().arguments().keySet())
        .allMatch(name -> releases().anyMatch(r -> r.argument(name).isPresent()));
  }

  @Test
  void postReleasesAndLocalLabelsUseTheirReleasesTable() {
    assertThat(release("0.32.0.post1")).isSameAs(release("0.32.0"));
    assertThat(release("0.32.0+rocm")).isSameAs(release("0.32.0"));
    assertThat(KNOWLEDGE.release(Version.parse("0.32.1").orElseThrow())).isEmpty();
    assertThat(KNOWLEDGE.release(Version.parse("0.34.0").orElseThrow())).isEmpty();
  }
}
