package dev.ringfence.validate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.input.Unreadable;
import dev.ringfence.rules.Rule;
import dev.ringfence.rules.Violation;
import java.util.OptionalInt;

/** SARIF 2.1.0, as code hosts show it beside a pull request. */
final class SarifReport {
  private SarifReport() {}

  static String of(Report report) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    root.put("version", "2.1.0");
    ObjectNode run = root.putArray("runs").addObject();
    ObjectNode driver = run.putObject("tool").putObject("driver");
    driver.put("name", "ringfence");
    ArrayNode rules = driver.putArray("rules");
    for (Rule rule : Rule.values()) {
      ObjectNode r = rules.addObject();
      r.put("id", rule.id());
      r.putObject("shortDescription").put("text", rule.title());
      r.putObject("fullDescription").put("text", rule.why());
      r.putObject("help").put("text", rule.fix());
      r.putObject("properties")
          .putPOJO(
              "tags",
              r.arrayNode().addAll(rule.references().stream().map(t -> r.textNode(t)).toList()));
    }
    ArrayNode results = run.putArray("results");
    for (Finding f : report.findings()) {
      for (Violation v : f.violations()) {
        ObjectNode result = results.addObject();
        result.put("ruleId", v.rule().id());
        result.put("level", "error");
        result.putObject("message").put("text", v.message());
        location(result, f.manifest().file(), f.manifest().lines().of(v.path()));
      }
    }
    ObjectNode invocation = run.putArray("invocations").addObject();
    invocation.put("executionSuccessful", report.errors().isEmpty());
    ArrayNode notifications = invocation.putArray("toolExecutionNotifications");
    for (Unreadable e : report.errors()) {
      ObjectNode n = notifications.addObject();
      n.put("level", "error");
      n.putObject("message").put("text", e.message());
      location(n, e.file(), e.line());
    }
    return JsonText.of(root);
  }

  private static void location(ObjectNode result, String file, OptionalInt line) {
    ObjectNode physical = result.putArray("locations").addObject().putObject("physicalLocation");
    physical.putObject("artifactLocation").put("uri", file.equals("-") ? "stdin" : file);
    line.ifPresent(l -> physical.putObject("region").put("startLine", l));
  }
}
