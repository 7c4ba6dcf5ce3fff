package dev.ringfence.e2e.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The last lines of a program's output, for messages about its failure. */
public final class LogTail {
  private LogTail() {}

  public static String of(Path log, int lines) {
    try {
      return of(new String(Files.readAllBytes(log), StandardCharsets.UTF_8), lines);
    } catch (IOException e) {
      return "  (no log: " + e.getMessage() + ")";
    }
  }

  public static String of(String text, int lines) {
    List<String> all = text.lines().filter(l -> !l.isBlank()).toList();
    var tail = all.subList(Math.max(0, all.size() - lines), all.size());
    return tail.isEmpty() ? "  (its log is empty)" : "  " + String.join("\n  ", tail);
  }
}
