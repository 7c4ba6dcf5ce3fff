package dev.ringfence.e2e.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two minutes of Jazzer over the guard's borders: what it finds lies in the corpus from then on.
 */
@Tag("slow")
class FuzzIT {
  @Test
  void findsNothing() throws Exception {
    Process p =
        new ProcessBuilder("tools/fuzz/run", "--seconds", "120")
            .directory(Path.of("..").toAbsolutePath().normalize().toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    System.out.print(said);
    assertThat(p.waitFor()).as(said).isZero();
  }
}
