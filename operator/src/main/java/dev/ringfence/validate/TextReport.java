package dev.ringfence.validate;

import dev.ringfence.input.Manifest;
import dev.ringfence.input.Unreadable;
import dev.ringfence.rules.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** For people: an object a paragraph, a violation a line, the way on at the end. */
final class TextReport {
  private TextReport() {}

  static String of(Report report) {
    List<String> out = new ArrayList<>();
    for (Finding f : report.findings()) {
      Manifest m = f.manifest();
      String state =
          f.accepted()
              ? "accepted"
              : "rejected (" + Batch.counted(f.violations().size(), "violation") + ")";
      out.add(object(m) + ": " + state);
      for (Violation v : f.violations()) {
        out.add("  " + place(m.file(), m.lines().of(v.path())) + v.message());
      }
      for (String warning : f.warnings()) {
        out.add("  warning: " + warning);
      }
    }
    for (Unreadable error : report.errors()) {
      out.add(place(error.file(), error.line()) + error.message());
    }
    out.add(summary(report));
    return String.join("\n", out) + "\n";
  }

  private static String object(Manifest m) {
    String namespace = m.namespace().isEmpty() ? "" : PlainText.of(m.namespace()) + "/";
    return PlainText.of(m.kind().isEmpty() ? "object" : m.kind())
        + " "
        + namespace
        + PlainText.of(m.name());
  }

  private static String place(String file, OptionalInt line) {
    return file + ":" + (line.isPresent() ? line.getAsInt() + ":" : "") + " ";
  }

  private static String summary(Report report) {
    long rejected = report.findings().stream().filter(f -> !f.accepted()).count();
    long accepted = report.findings().size() - rejected;
    StringBuilder b = new StringBuilder();
    b.append(accepted).append(" accepted, ").append(rejected).append(" rejected");
    if (!report.errors().isEmpty()) {
      b.append(", ").append(Batch.counted(report.errors().size(), "input")).append(" not usable");
    }
    if (rejected > 0) {
      b.append("; ./ringfence explain RULE says why a rule is there and how to keep it");
    }
    return b.toString();
  }
}
