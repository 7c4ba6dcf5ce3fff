package dev.ringfence.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The committed files are what the classes say; {@code -Dcrds.update=true} writes them anew. */
class CommittedCrdsTest {

  @ParameterizedTest
  @EnumSource
  void theCommittedFileIsWhatTheClassesSay(Crd crd) throws IOException {
    Path file = Path.of(crd.objectName() + ".yaml");
    String generated = GeneratedCrds.yaml(crd);
    if (Boolean.getBoolean("crds.update")) {
      Files.writeString(file, generated);
    }
    assertThat(file)
        .as("the classes have changed; run: mvn -pl crds verify -Dcrds.update=true")
        .hasContent(generated);
  }
}
