package dev.ringfence.e2e.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code docs/real-engine.md}: what a run saw, row by row. A run that sees something else fails,
 * and with {@code -Dgoldens.update} writes what it saw.
 */
final class Seen {
  private static final Path PAGE = Programs.HERE.resolve("docs/real-engine.md");

  private Seen() {}

  /** Holds one row of a section's table: what was looked at, and what was seen. */
  static synchronized void record(String section, String what, String seen) throws IOException {
    String row = "| " + what + " | " + cell(seen) + " |";
    List<String> page = new ArrayList<>(Files.readAllLines(PAGE));
    if (!Boolean.getBoolean("goldens.update")) {
      assertThat(page)
          .as("docs/real-engine.md; -Dgoldens.update writes what was seen")
          .contains(row);
      return;
    }
    int heading = page.indexOf("## " + section);
    assertThat(heading).as("docs/real-engine.md has the section " + section).isNotNegative();
    int at = heading + 1;
    int end = at;
    while (at < page.size() && !page.get(at).startsWith("## ")) {
      if (page.get(at).startsWith("| " + what + " |")) {
        page.set(at, row);
        Files.write(PAGE, page);
        return;
      }
      if (page.get(at).startsWith("|")) {
        end = at + 1;
      }
      at++;
    }
    page.add(end, row);
    Files.write(PAGE, page);
  }

  private static String cell(String text) {
    return text.strip().replace("|", "\\|").replace("\n", " ");
  }
}
