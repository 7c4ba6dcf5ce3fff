package dev.ringfence.e2e.install;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Committed files that are made from others; {@code -Dgoldens.update} writes them anew. */
final class MadeFiles {
  private static final String SWITCH =
      "mvn -B verify -pl e2e -am -Dit.test='Made*IT' -Dgoldens.update -Dtest=NoSuch"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false";

  private MadeFiles() {}

  /**
   * @param folders hold nothing but such files
   */
  static void check(Map<Path, String> made, List<Path> folders) {
    try {
      if (System.getProperty("goldens.update") != null) {
        for (Path file : present(folders)) {
          if (!made.containsKey(file)) {
            Files.delete(file);
          }
        }
        for (Map.Entry<Path, String> file : made.entrySet()) {
          Files.createDirectories(file.getKey().toAbsolutePath().getParent());
          Files.writeString(file.getKey(), file.getValue());
        }
      }
      assertThat(made.keySet()).as(SWITCH).containsAll(present(folders));
      made.forEach((file, text) -> assertThat(file).as("run: %s", SWITCH).hasContent(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> present(List<Path> folders) throws IOException {
    List<Path> all = new java.util.ArrayList<>();
    for (Path folder : folders) {
      if (Files.exists(folder)) {
        try (Stream<Path> files = Files.walk(folder)) {
          files.filter(Files::isRegularFile).forEach(all::add);
        }
      }
    }
    return all;
  }
}
