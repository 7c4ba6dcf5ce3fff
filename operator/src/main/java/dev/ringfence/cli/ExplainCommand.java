package dev.ringfence.cli;

import dev.ringfence.render.RestartFields;
import dev.ringfence.rules.Ring;
import dev.ringfence.rules.Rule;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "explain",
    description =
        "Says why a rule is there, who enforces it and how to keep it; without RULE lists all, and"
            + " the fields whose change restarts engines.",
    footer = {"", "Example: ringfence explain VLLM-101"})
final class ExplainCommand implements Callable<Integer> {
  @Parameters(arity = "0..1", paramLabel = "RULE", description = "A rule's id, as VLLM-101 or 101.")
  private @Nullable String id;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (id == null) {
      all(out);
      out.flush();
      return 0;
    }
    String wanted = id.toUpperCase(Locale.ROOT);
    Optional<Rule> rule = Rule.byId(wanted.startsWith("VLLM-") ? wanted : "VLLM-" + wanted);
    if (rule.isEmpty()) {
      String shown = id.matches("[A-Za-z0-9-]{1,40}") ? id : "this";
      spec.commandLine()
          .getErr()
          .println("ringfence: there is no rule " + shown + "; ./ringfence explain lists all");
      return 1;
    }
    one(out, rule.get());
    out.flush();
    return 0;
  }

  private static void all(PrintWriter out) {
    String group = "";
    for (Rule rule : Rule.values()) {
      if (!rule.group().equals(group)) {
        group = rule.group();
        out.println((rule == Rule.VLLM_001 ? "" : System.lineSeparator()) + group);
      }
      out.println("  " + rule.id() + "  " + rule.title());
    }
    out.println();
    out.println("Engines restart when one of these fields changes, and for no other:");
    RestartFields.all().forEach(field -> out.println("  " + field));
  }

  private static void one(PrintWriter out, Rule rule) {
    out.println(rule.id() + ": " + rule.title());
    out.println();
    paragraph(out, rule.why());
    out.println();
    out.println("To keep it:");
    paragraph(out, "  " + rule.fix());
    out.println();
    out.println("Group:       " + rule.group());
    out.println("Level:       " + rule.level());
    out.println(
        "Enforced by: "
            + rule.rings().stream()
                .sorted()
                .map(Ring::text)
                .collect(Collectors.joining("\n             ")));
    out.println(
        "Waiver:      "
            + (rule.waivable()
                ? "by the VLLMPolicy, for named namespaces, at most 366 days"
                : "none"));
    if (rule.stopsAtOnce()) {
      out.println("Running:     engines that break it stop at once");
    }
    out.println("References:  " + String.join(", ", rule.references()));
    out.println("Page:        docs/rules/" + rule.id() + ".md");
  }

  /** Wraps at 80 columns; what is indented stays so. */
  private static void paragraph(PrintWriter out, String text) {
    String indent = text.substring(0, text.length() - text.stripLeading().length());
    StringBuilder line = new StringBuilder(indent);
    for (String word : text.strip().split(" ", -1)) {
      if (line.length() + word.length() > 80 && !line.toString().isBlank()) {
        out.println(line.toString().stripTrailing());
        line = new StringBuilder(indent);
      }
      line.append(word).append(' ');
    }
    out.println(line.toString().stripTrailing());
  }
}
