package dev.ringfence.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Release.parse against what vLLM's own parser class made of some 400 command lines per version
 * (argparse-VERSION.json, written by tools/vllm/argparse_cases.py): spelling tricks by hand, and
 * made-up ones.
 */
class ParseTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  static Stream<Release> releases() {
    return KnowledgeTest.releases();
  }

  @ParameterizedTest
  @MethodSource("releases")
  void readsWhatVllmReads(Release release) throws Exception {
    JsonNode golden;
    try (InputStream in =
        getClass().getResourceAsStream("argparse-" + release.version() + ".json")) {
      golden = JSON.readTree(Objects.requireNonNull(in));
    }
    List<String> differences = new ArrayList<>();
    int read = 0;
    for (JsonNode row : golden.path("cases")) {
      List<String> args = new ArrayList<>();
      row.path(0).forEach(a -> args.add(a.asText()));
      Optional<Map<String, JsonNode>> want =
          row.path(1).isNull() ? Optional.empty() : Optional.of(fields(row.path(1)));
      Optional<Map<String, JsonNode>> got = folded(release.parse(args));
      read += want.isPresent() ? 1 : 0;
      if (!got.equals(want)) {
        differences.add(row + " but " + got);
      }
    }
    assertThat(differences).isEmpty();
    assertThat(read).as("command lines that vLLM takes").isGreaterThan(120);
  }

  private static Map<String, JsonNode> fields(JsonNode object) {
    Map<String, JsonNode> out = new LinkedHashMap<>();
    object.properties().forEach(e -> out.put(e.getKey(), normal(e.getValue())));
    return out;
  }

  /** What argparse's namespace would hold; empty where it stops. */
  private static Optional<Map<String, JsonNode>> folded(List<Parsed> parsed) {
    Map<String, JsonNode> out = new LinkedHashMap<>();
    for (Parsed p : parsed) {
      switch (p) {
        case Parsed.Unreadable u -> {
          return Optional.empty();
        }
        case Parsed.Positional word -> {
          if (out.put("model", JSON.valueToTree(List.of(word.value()))) != null) {
            return Optional.empty();
          }
        }
        case Parsed.Option option -> {
          JsonNode value =
              option.argument().kind().takesValue()
                  ? JSON.valueToTree(option.values())
                  : JSON.valueToTree(option.on());
          JsonNode before = out.get(option.argument().name());
          if (before != null && option.argument().kind() == Argument.Kind.APPEND) {
            List<String> all = new ArrayList<>();
            before.forEach(v -> all.add(v.asText()));
            all.addAll(option.values());
            value = JSON.valueToTree(all);
          }
          out.put(option.argument().name(), value);
        }
      }
    }
    out.replaceAll((name, value) -> name.equals("model") ? normal(value.path(0)) : normal(value));
    return Optional.of(out);
  }

  /** JSON inside a text compares by what it says: Python writes other blanks. */
  private static JsonNode normal(JsonNode value) {
    if (value.isArray()) {
      List<JsonNode> all = new ArrayList<>();
      value.forEach(v -> all.add(normal(v)));
      return JSON.valueToTree(all);
    }
    if (value.isTextual() && value.asText().startsWith("{")) {
      try {
        return JSON.readTree(value.asText());
      } catch (JsonProcessingException e) {
        return value;
      }
    }
    return value;
  }

  @Test
  void keepsTheOrderAndTheSpelling() {
    assertThat(KnowledgeTest.release("0.33.0").parse(List.of("m", "--max_logp=5", "-tp", "2")))
        .extracting(
            p ->
                switch (p) {
                  case Parsed.Option o ->
                      o.spelled() + " is " + o.argument().name() + " " + o.values();
                  case Parsed.Positional w -> w.value();
                  case Parsed.Unreadable u -> u.reason();
                })
        .containsExactly(
            "m", "--max_logp is --max-logprobs [5]", "-tp is --tensor-parallel-size [2]");
  }

  @Test
  void saysWhyWithoutQuotingValues() {
    Release release = KnowledgeTest.release("0.33.0");
    assertThat(
            Stream.of(
                    List.of("--max-log=secret"),
                    List.of("--seed=secret"),
                    List.of("--seed"),
                    List.of("--grpc=secret"),
                    List.of("--my-secret=x"),
                    List.of("--a.b"),
                    List.of("--help"))
                .map(args -> release.parse(args).getLast()))
        .containsExactly(
            new Parsed.Unreadable(0, "ambiguous option, could be --max-log-len, --max-logprobs"),
            new Parsed.Unreadable(0, "--seed has a bad value"),
            new Parsed.Unreadable(0, "--seed needs a value"),
            new Parsed.Unreadable(0, "--grpc takes no value"),
            new Parsed.Unreadable(0, "no such option"),
            new Parsed.Unreadable(0, "a dotted key needs a value"),
            new Parsed.Unreadable(0, "prints the help text and ends"));
  }
}
