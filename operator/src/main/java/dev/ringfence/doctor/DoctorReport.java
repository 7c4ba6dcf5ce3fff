package dev.ringfence.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.rules.Rule;
import java.util.ArrayList;
import java.util.List;

/** The findings for people and for programs. */
public final class DoctorReport {
  private DoctorReport() {}

  /** 0: nothing is lacking. 1: something is. */
  public static int exitCode(List<Finding> findings) {
    return findings.stream().anyMatch(f -> f.state() == Finding.State.LACKS) ? 1 : 0;
  }

  public static String text(String server, List<Finding> findings) {
    int width = findings.stream().mapToInt(f -> f.what().length()).max().orElse(0);
    List<String> lines = new ArrayList<>();
    lines.add("cluster " + server);
    lines.add("");
    for (Finding f : findings) {
      lines.add(
          ("%-5s  %-" + width + "s  %s")
              .formatted(
                  f.state().text(),
                  f.what(),
                  f.rule().filter(r -> !f.text().contains(r.id())).map(r -> r.id() + " ").orElse("")
                      + plain(f.text())));
      f.mend().forEach(command -> lines.add(" ".repeat(9 + width) + "$ " + command));
    }
    lines.add("");
    long lacking = findings.stream().filter(f -> f.state() == Finding.State.LACKS).count();
    lines.add(
        lacking == 0
            ? "nothing is lacking"
            : lacking
                + (lacking == 1 ? " thing is" : " things are")
                + " lacking; mend the first and ask again");
    findings.stream()
        .flatMap(f -> f.rule().stream())
        .distinct()
        .sorted()
        .map(r -> "  " + r.id() + ": docs/rules/" + r.id() + ".md")
        .forEach(lines::add);
    return String.join("\n", lines) + "\n";
  }

  /** What a cluster says of itself must not write to a terminal as it likes. */
  private static String plain(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Cf}]+", " ");
  }

  public static String json(String server, List<Finding> findings) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("server", server);
    json.put("lacking", exitCode(findings) != 0);
    ArrayNode all = json.putArray("findings");
    for (Finding f : findings) {
      ObjectNode one = all.addObject();
      one.put("what", f.what());
      one.put("state", f.state().name().toLowerCase(java.util.Locale.ROOT));
      one.put("text", f.text());
      f.rule().map(Rule::id).ifPresent(id -> one.put("rule", id));
      ArrayNode mend = one.putArray("mend");
      f.mend().forEach(mend::add);
    }
    return json.toPrettyString() + "\n";
  }
}
