package dev.ringfence.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The committed files are what the classes say; {@code -Dcrds.update=true} writes them anew. */
class CommittedCrdsTest {

  @ParameterizedTest
  @EnumSource
  void theCommittedFileIsWhatTheClassesSay(Crd crd) throws IOException {
    same(Path.of(crd.objectName() + ".yaml"), GeneratedCrds.yaml(crd));
  }

  @Test
  void theApiReferenceIsWhatTheDefinitionsSay() throws IOException {
    same(Path.of("..", "docs", "api.md"), ApiReference.page());
  }

  private static void same(Path file, String made) throws IOException {
    if (Boolean.getBoolean("crds.update")) {
      Files.writeString(file, made);
    }
    assertThat(file)
        .as("the classes have changed; run: mvn -pl crds verify -Dcrds.update=true")
        .hasContent(made);
  }
}
