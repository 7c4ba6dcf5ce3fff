package dev.ringfence.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** No rule lacks an example in a ring that enforces it. */
final class RingsTest {
  private static final Path REPOSITORY = Path.of("..");
  private static final JsonNode REGISTRY = registry();

  private static JsonNode registry() {
    try {
      return Example.read(Files.readString(Example.FOLDER.resolve("rings.yaml"))).get(0).json();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRuleHasRejectedAndAcceptedNeighbours(Rule rule) {
    if (rule.rings().contains(Ring.WEBHOOK)) {
      Map<Boolean, Long> examples =
          Example.all().stream()
              .filter(e -> e.rule() == rule)
              .collect(Collectors.partitioningBy(Example::rejected, Collectors.counting()));
      assertThat(examples.get(true)).as("rejected examples of %s", rule.id()).isPositive();
      assertThat(examples.get(false)).as("accepted examples of %s", rule.id()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyRingShowsItsRulesOrSaysWhichItDoesNot(Ring ring) throws IOException {
    Set<Rule> enforced =
        Stream.of(Rule.values())
            .filter(r -> r.rings().contains(ring))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<Rule> missing = new TreeSet<>(enforced);
    missing.removeAll(shown(ring));
    Set<String> open = new TreeSet<>();
    REGISTRY.path("open").path(ring.name()).forEach(n -> open.add(n.asText()));

    assertThat(missing.stream().map(Rule::id))
        .as("rules of %s that neither a suite nor the list of open ones names", ring)
        .isSubsetOf(open);
    assertThat(open).as("open rules that %s does not enforce", ring).isSubsetOf(ids(enforced));
  }

  private static Set<Rule> shown(Ring ring) throws IOException {
    Set<Rule> shown = new TreeSet<>();
    if (ring == Ring.WEBHOOK || ring == Ring.RECONCILER) {
      Example.all().stream().filter(Example::rejected).map(Example::rule).forEach(shown::add);
    }
    for (JsonNode suite : REGISTRY.path(ring.name())) {
      Path path =
          REPOSITORY.resolve(suite.isTextual() ? suite.asText() : suite.path("suite").asText());
      assertThat(path).as("a suite of %s in rings.yaml", ring).exists();
      String text = text(path);
      for (Rule rule : Rule.values()) {
        String number = rule.id().substring("VLLM-".length());
        boolean named = Pattern.compile("(VLLM[-_]|\")" + number + "\\b").matcher(text).find();
        boolean listed = false;
        for (JsonNode id : suite.path("rules")) {
          listed |= id.asText().equals(rule.id());
        }
        if (listed) {
          assertThat(text).as("%s names %s", path, number).containsPattern("\\b" + number + "\\b");
        }
        if (named || listed) {
          shown.add(rule);
        }
      }
    }
    return shown;
  }

  private static String text(Path suite) throws IOException {
    List<String> texts = new ArrayList<>();
    try (Stream<Path> files = Files.walk(suite)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (!file.endsWith("rings.yaml")) {
          texts.add(Files.readString(file));
        }
      }
    }
    return String.join("\n", texts);
  }

  private static Set<String> ids(Set<Rule> rules) {
    return rules.stream().map(Rule::id).collect(Collectors.toSet());
  }
}
