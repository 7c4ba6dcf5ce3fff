package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.inspect.Subject.Condition;
import dev.ringfence.inspect.Subject.Kind;
import java.util.ArrayList;
import java.util.List;

/** Why a workload is not ready, in one look, with the rules' pages. */
public final class Why {
  private Why() {}

  /** Whether there is nothing to explain. */
  public static boolean ready(Subject subject) {
    return subject.observed() && subject.condition("Ready").holds();
  }

  public static String of(Subject subject) {
    List<String> lines = new ArrayList<>();
    Condition ready = subject.condition("Ready");
    if (!subject.observed()) {
      lines.add(
          subject.title()
              + (subject.conditions().isEmpty()
                  ? " has not been looked at yet"
                  : " was changed, and the operator has not looked at that yet"));
      lines.add("  is the operator there? ./ringfence doctor");
    } else if (ready.holds()) {
      lines.add(subject.title() + " is ready: " + ready.message());
    } else {
      lines.add(subject.title() + " is not ready (" + ready.reason() + ")");
      indent(lines, "  ", ready.message().replace("; ", "\n"));
    }
    violations(subject, lines);
    conditions(subject, lines);
    subject.tenants().forEach(t -> tenant(subject, t, lines));
    List<String> pages = Subject.pages(String.join("\n", lines));
    if (!pages.isEmpty()) {
      lines.add("");
      lines.add("rules");
      lines.addAll(pages);
    }
    return String.join("\n", lines) + "\n";
  }

  private static void indent(List<String> lines, String by, String text) {
    text.lines().filter(l -> !l.isBlank()).forEach(l -> lines.add(by + l.strip()));
  }

  private static void violations(Subject subject, List<String> lines) {
    JsonNode violations = subject.workload().path("status").path("violations");
    if (violations.isEmpty()) {
      return;
    }
    lines.add("");
    lines.add("to change in the specification");
    violations.forEach(v -> indent(lines, "  ", Subject.plain(v.path("message").asText())));
  }

  private static void conditions(Subject subject, List<String> lines) {
    List<Condition> conditions =
        subject.conditions().stream()
            // Said above already.
            .filter(c -> !c.type().equals("Ready") && !c.reason().equals("Rejected"))
            .toList();
    if (conditions.isEmpty()) {
      return;
    }
    lines.add("");
    lines.add("conditions");
    int width = conditions.stream().mapToInt(c -> c.type().length()).max().orElse(0);
    for (Condition c : conditions) {
      List<String> message = c.message().lines().toList();
      lines.add(
          ("  %-" + width + "s  %-7s  %s")
              .formatted(c.type(), c.status(), message.isEmpty() ? c.reason() : message.get(0)));
      message.stream().skip(1).forEach(l -> lines.add(" ".repeat(width + 13) + l));
    }
  }

  private static void tenant(Subject subject, JsonNode tenant, List<String> lines) {
    String name = tenant.path("name").asText();
    JsonNode status = subject.tenantStatus(name);
    if (status.isMissingNode()) {
      return;
    }
    lines.add("");
    int wanted = status.path("replicas").asInt(0);
    int ready = status.path("readyReplicas").asInt(0);
    lines.add("tenant " + name + ": " + ready + " of " + wanted + " engines ready");
    String message = status.path("message").asText("");
    if (!message.isEmpty()) {
      indent(lines, "  ", Subject.plain(message).replace("; ", "\n"));
    }
    if (ready < wanted) {
      subject
          .children(Kind.Pod, name)
          .forEach(p -> lines.add("  pod " + Subject.nameOf(p) + ": " + PodState.of(p)));
    } else if (wanted > 0) {
      lines.add("  " + status.path("url").asText());
      lines.add("  " + Subject.plain(status.path("reachableFrom").asText()));
    }
    String secret = tenant.path("apiKeySecretRef").path("name").asText("");
    if (subject.secrets().getOrDefault(secret, new Answer.Forbidden()).absent()) {
      lines.add(
          "  VLLM-501 there is no Secret "
              + Subject.plain(secret)
              + "; ./ringfence keys new alice prints a key and its line for one");
    }
  }
}
