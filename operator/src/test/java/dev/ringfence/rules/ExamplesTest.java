package dev.ringfence.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each example is judged as its file says, word for word. */
final class ExamplesTest {
  static List<Example> examples() {
    return Example.all();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void isJudgedAsItSays(Example example) throws IOException {
    Example.Outcome outcome = example.judge();
    if (System.getProperty("goldens.update") != null) {
      Files.writeString(example.file(), example.with(outcome.lines()));
    } else {
      assertThat(outcome.lines()).isEqualTo(example.expected());
    }

    if (example.rejected()) {
      assertThat(outcome.rules()).contains(example.rule());
    } else {
      assertThat(outcome.rules()).isEmpty();
    }
  }
}
