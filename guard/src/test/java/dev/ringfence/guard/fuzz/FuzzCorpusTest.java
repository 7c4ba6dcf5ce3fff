package dev.ringfence.guard.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.guard.proxy.PathFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every seed, and everything that {@code tools/fuzz/run} ever kept, through its target: what was
 * found once stays mended.
 */
class FuzzCorpusTest {
  private static final Path CORPUS = Path.of("src", "test", "resources", "fuzz");

  /** A target's entry. */
  private interface Target {
    void one(byte[] input) throws IOException;
  }

  private static final Map<String, Target> TARGETS =
      Map.of(
          "Body", BodyFuzz::fuzzerTestOneInput,
          "Json", JsonFuzz::fuzzerTestOneInput,
          "Head", HeadFuzz::fuzzerTestOneInput,
          "Answer", AnswerFuzz::fuzzerTestOneInput,
          "Model", ModelFuzz::fuzzerTestOneInput,
          "Path", PathFuzz::fuzzerTestOneInput);

  @ParameterizedTest
  @ValueSource(strings = {"Body", "Json", "Head", "Answer", "Model", "Path"})
  void findsNothing(String target) throws IOException {
    List<byte[]> inputs = new ArrayList<>(Seeds.all().getOrDefault(target, List.of()));
    assertThat(inputs).isNotEmpty();
    Path kept = CORPUS.resolve(target);
    if (Files.isDirectory(kept)) {
      try (Stream<Path> files = Files.list(kept)) {
        for (Path file : files.sorted().toList()) {
          inputs.add(Files.readAllBytes(file));
        }
      }
    }
    Target entry = TARGETS.getOrDefault(target, input -> {});
    for (byte[] input : inputs) {
      entry.one(input);
    }
    assertThat(PathFuzz.serves()).isTrue();
  }
}
