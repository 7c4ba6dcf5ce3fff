package dev.ringfence.render;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.render.Examples.Example;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What each example becomes, byte for byte. {@code -Dgoldens.update} writes the files anew. */
class GoldenTest {
  static List<Example> examples() {
    return Examples.all();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void rendersAsWritten(Example example) throws IOException {
    String yaml =
        CanonicalYaml.write(Render.render(example.accepted(), Examples.OFFLINE).objects());
    if (System.getProperty("goldens.update") != null) {
      Files.writeString(example.golden(), yaml);
    }
    assertThat(yaml).isEqualTo(Files.readString(example.golden()));
  }
}
