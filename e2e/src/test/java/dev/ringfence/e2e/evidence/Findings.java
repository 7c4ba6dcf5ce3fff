package dev.ringfence.e2e.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What was looked at and what was seen, rule by rule; docs/evidence.md is written from it. */
final class Findings {
  record Row(String rule, String lookedAt, String seen) {}

  private static final String HEAD =
      """
      # Evidence

      Written by `mvn verify -Pe2e -Dcluster=kind -Dit.test=EvidenceIT -Devidence.update`: each row is a check of that run, made from outside
      the product on live processes with the stand-in engine. A row that does not hold fails the run; nothing is written then.

      | rule | looked at | seen |
      | --- | --- | --- |
      """;

  private final List<Row> rows = new ArrayList<>();

  void add(String rule, String lookedAt, String seen) {
    rows.add(new Row(rule, lookedAt, seen));
  }

  /** The page, by rule. */
  String page() {
    StringBuilder out = new StringBuilder(HEAD);
    rows.stream()
        .sorted(java.util.Comparator.comparing(Row::rule))
        .forEach(r -> out.append("| %s | %s | %s |%n".formatted(r.rule(), r.lookedAt(), r.seen())));
    return out.toString();
  }

  /** To target/evidence.md always, to the document where that was asked for. */
  void write(Path checkout) throws IOException {
    Files.writeString(Path.of("target", "evidence.md"), page());
    if (System.getProperty("evidence.update") != null) {
      Files.writeString(checkout.resolve("docs/evidence.md"), page());
    }
  }
}
