package dev.ringfence.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Collects what is wrong with one object. */
final class Faults {
  private final List<Violation> violations = new ArrayList<>();

  /** A fault whose value is shown. */
  void invalid(Node node, Rule rule, String detail) {
    add(node.path(), Kind.INVALID, Shown.of(node.json()), rule, detail);
  }

  /** A fault of a field's presence, or of several fields together. */
  void forbidden(FieldPath path, Rule rule, String detail) {
    add(path, Kind.FORBIDDEN, Optional.empty(), rule, detail);
  }

  /** A fault over several fields. */
  void inconsistent(FieldPath path, Rule rule, String detail) {
    add(path, Kind.INVALID, Optional.empty(), rule, detail);
  }

  void required(FieldPath path, Rule rule, String detail) {
    add(path, Kind.REQUIRED, Optional.empty(), rule, detail);
  }

  void unsupported(Node node, Rule rule, String detail) {
    add(node.path(), Kind.UNSUPPORTED, Shown.of(node.json()), rule, detail);
  }

  void duplicate(FieldPath path, Rule rule, String detail) {
    add(path, Kind.DUPLICATE, Optional.empty(), rule, detail);
  }

  void tooMany(FieldPath path, Rule rule, String detail) {
    add(path, Kind.TOO_MANY, Optional.empty(), rule, detail);
  }

  void add(FieldPath path, Kind kind, Optional<String> value, Rule rule, String detail) {
    violations.add(new Violation(path.toString(), kind, value, rule, detail));
  }

  /** A text of the API module, {@code VLLM-xxx must ...; fix}. */
  void invalid(Node node, String ruleText) {
    invalid(node, ruleOf(ruleText), detailOf(ruleText));
  }

  void inconsistent(FieldPath path, String ruleText) {
    inconsistent(path, ruleOf(ruleText), detailOf(ruleText));
  }

  void forbidden(FieldPath path, String ruleText) {
    forbidden(path, ruleOf(ruleText), detailOf(ruleText));
  }

  void required(FieldPath path, String ruleText) {
    required(path, ruleOf(ruleText), detailOf(ruleText));
  }

  static Rule ruleOf(String ruleText) {
    return Rule.byId(ruleText.substring(0, ruleText.indexOf(' '))).orElseThrow();
  }

  static String detailOf(String ruleText) {
    return ruleText.substring(ruleText.indexOf(' ') + 1);
  }

  int count() {
    return violations.size();
  }

  boolean none() {
    return violations.isEmpty();
  }

  /** Sorted by path, each once. */
  List<Violation> sorted() {
    return List.copyOf(new TreeSet<>(violations));
  }
}
