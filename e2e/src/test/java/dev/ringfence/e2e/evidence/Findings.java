package dev.ringfence.e2e.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What was looked at and what was seen, rule by rule; a page of docs is written from it. */
public final class Findings {
  record Row(String rule, String lookedAt, String seen) {}

  private final List<Row> rows = new ArrayList<>();

  private final String name;
  private final String head;

  /**
   * @param name of the page
   * @param title of the page
   * @param command that writes it
   * @param what was looked at
   */
  public Findings(String name, String title, String command, String what) {
    this.name = name;
    this.head =
        """
        # %s

        Written by `%s -Devidence.update`: each row is a check of that run, made
        from outside the product on %s. A row that does not hold fails the run; nothing is written then.

        | rule | looked at | seen |
        | --- | --- | --- |
        """
            .formatted(title, command, what);
  }

  public void add(String rule, String lookedAt, String seen) {
    rows.add(new Row(rule, lookedAt, seen));
  }

  /** The page, by rule. */
  String page() {
    StringBuilder out = new StringBuilder(head);
    rows.stream()
        .sorted(java.util.Comparator.comparing(Row::rule))
        .forEach(r -> out.append("| %s | %s | %s |%n".formatted(r.rule(), r.lookedAt(), r.seen())));
    return out.toString();
  }

  /** To the folder target always, to docs where that was asked for. */
  public void write(Path checkout) throws IOException {
    Files.writeString(Path.of("target", name), page());
    if (System.getProperty("evidence.update") != null) {
      Files.writeString(checkout.resolve("docs").resolve(name), page());
    }
  }
}
