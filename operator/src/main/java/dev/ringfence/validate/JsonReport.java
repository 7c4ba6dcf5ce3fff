package dev.ringfence.validate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.input.Unreadable;
import dev.ringfence.rules.Violation;

/** For programs, in the form of docs/reference/validate.md. */
final class JsonReport {
  private JsonReport() {}

  static String of(Report report) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("accepted", report.exitCode() == 0);
    ArrayNode objects = root.putArray("objects");
    for (Finding f : report.findings()) {
      ObjectNode o = objects.addObject();
      o.put("file", f.manifest().file());
      o.put("document", f.manifest().document());
      o.put("kind", PlainText.of(f.manifest().kind()));
      o.put("namespace", PlainText.of(f.manifest().namespace()));
      o.put("name", PlainText.of(f.manifest().name()));
      o.put("accepted", f.accepted());
      ArrayNode violations = o.putArray("violations");
      f.violations().forEach(v -> violation(violations.addObject(), v));
      ArrayNode warnings = o.putArray("warnings");
      f.warnings().forEach(warnings::add);
    }
    ArrayNode errors = root.putArray("errors");
    for (Unreadable e : report.errors()) {
      ObjectNode error = errors.addObject();
      error.put("file", e.file());
      if (e.line().isPresent()) {
        error.put("line", e.line().getAsInt());
      } else {
        error.putNull("line");
      }
      error.put("message", e.message());
    }
    return JsonText.of(root);
  }

  private static void violation(ObjectNode o, Violation v) {
    o.put("rule", v.rule().id());
    o.put("path", v.path());
    o.put("kind", v.kind().text());
    v.value().ifPresentOrElse(value -> o.put("value", value), () -> o.putNull("value"));
    o.put("message", v.message());
  }
}
