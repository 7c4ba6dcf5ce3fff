package dev.ringfence.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * A value of an object under judgement with its path. Reading one gives a typed value or records a
 * fault; nothing that a user may write throws. Null is unset (CONTRACT 1).
 */
final class Node {
  private final JsonNode json;
  private final FieldPath path;
  private final Faults faults;

  Node(JsonNode json, FieldPath path, Faults faults) {
    this.json = json;
    this.path = path;
    this.faults = faults;
  }

  JsonNode json() {
    return json;
  }

  FieldPath path() {
    return path;
  }

  Faults faults() {
    return faults;
  }

  /** Neither there nor null. */
  boolean unset() {
    return json.isMissingNode() || json.isNull();
  }

  /**
   * There, not null, and no empty list or object of nothing: what an empty list in a workload
   * means.
   */
  boolean emptyList() {
    return json.isArray() && json.isEmpty();
  }

  Node get(String field) {
    JsonNode child = json.get(field);
    return new Node(child == null ? MissingNode.getInstance() : child, path.child(field), faults);
  }

  /**
   * An object with known fields; other fields are faults by {@link ForeignFields}. Empty when unset
   * or something else than an object, which is a fault.
   */
  Optional<Node> object(Set<String> known, Rule rule, String what) {
    if (unset()) {
      return Optional.empty();
    }
    if (!json.isObject()) {
      faults.invalid(this, rule, "must be " + what + "; write its fields below it");
      return Optional.empty();
    }
    json.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                ForeignFields.judge(this, name, rule);
              }
            });
    return Optional.of(this);
  }

  /** An object's fields without a judgement of their names. */
  Map<String, Node> entries() {
    Map<String, Node> entries = new LinkedHashMap<>();
    json.properties()
        .forEach(
            e ->
                entries.put(
                    e.getKey(), new Node(e.getValue(), path.key(Shown.name(e.getKey())), faults)));
    return entries;
  }

  /** The items of a list; empty when unset. A null item is a fault. */
  List<Node> items(int most, Rule rule, String what) {
    if (unset()) {
      return List.of();
    }
    if (!json.isArray()) {
      faults.invalid(
          this, rule, "must be a list of " + what + "; write one item a line, each after a dash");
      return List.of();
    }
    if (json.size() > most) {
      faults.tooMany(path, rule, "must have at most " + most + " items; remove some");
      return List.of();
    }
    List<Node> items = new ArrayList<>();
    for (int i = 0; i < json.size(); i++) {
      Node item = new Node(json.get(i), path.index(i), faults);
      if (item.unset()) {
        faults.add(
            item.path,
            Kind.INVALID,
            Optional.of("null"),
            rule,
            "must not be null; write the item or remove it");
      } else {
        items.add(item);
      }
    }
    return items;
  }

  /** A string; an empty one is a fault. */
  Optional<String> string(Rule rule, String must) {
    return string(rule, s -> !s.isEmpty(), must);
  }

  Optional<String> string(Rule rule, Pattern pattern, String must) {
    return string(rule, s -> pattern.matcher(s).matches(), must);
  }

  Optional<String> string(String ruleText, Pattern pattern) {
    return string(Faults.ruleOf(ruleText), pattern, Faults.detailOf(ruleText));
  }

  Optional<String> string(Rule rule, Predicate<String> legal, String must) {
    return parsed(rule, s -> legal.test(s) ? Optional.of(s) : Optional.empty(), must);
  }

  /**
   * A string that no message shows: people paste secrets here, and names of objects are judged by
   * the API server above the field, where it has no value to show.
   */
  Optional<String> unseen(String ruleText, Predicate<String> legal) {
    if (unset()) {
      return Optional.empty();
    }
    Optional<String> value = Optional.ofNullable(json.textValue()).filter(legal);
    if (value.isEmpty()) {
      faults.inconsistent(path, ruleText);
    }
    return value;
  }

  <T> Optional<T> parsed(String ruleText, Function<String, Optional<T>> parser) {
    return parsed(Faults.ruleOf(ruleText), parser, Faults.detailOf(ruleText));
  }

  /** A string that means something. */
  <T> Optional<T> parsed(Rule rule, Function<String, Optional<T>> parser, String must) {
    if (unset()) {
      return Optional.empty();
    }
    Optional<T> value = json.isTextual() ? parser.apply(json.textValue()) : Optional.empty();
    if (value.isEmpty()) {
      faults.invalid(this, rule, must);
    }
    return value;
  }

  /** One of some words. */
  Optional<String> oneOf(Rule rule, List<String> words, String otherwise) {
    if (unset()) {
      return Optional.empty();
    }
    if (json.isTextual() && words.contains(json.textValue())) {
      return Optional.of(json.textValue());
    }
    faults.unsupported(this, rule, "must be one of " + String.join(", ", words) + "; " + otherwise);
    return Optional.empty();
  }

  Optional<Boolean> bool(Rule rule, String must) {
    if (unset()) {
      return Optional.empty();
    }
    if (!json.isBoolean()) {
      faults.invalid(this, rule, must);
      return Optional.empty();
    }
    return Optional.of(json.booleanValue());
  }

  Optional<Integer> integer(Rule rule, long min, long max, String must) {
    return wholeNumber(rule, min, max, must).map(Math::toIntExact);
  }

  Optional<Integer> integer(String ruleText, long min, long max) {
    return integer(Faults.ruleOf(ruleText), min, max, Faults.detailOf(ruleText));
  }

  Optional<Long> wholeNumber(String ruleText, long min, long max) {
    return wholeNumber(Faults.ruleOf(ruleText), min, max, Faults.detailOf(ruleText));
  }

  Optional<Long> wholeNumber(Rule rule, long min, long max, String must) {
    Optional<BigDecimal> number =
        number(rule, n -> n.signum() == 0 || n.stripTrailingZeros().scale() <= 0, must)
            .filter(
                n -> {
                  boolean inside =
                      n.compareTo(BigDecimal.valueOf(min)) >= 0
                          && n.compareTo(BigDecimal.valueOf(max)) <= 0;
                  if (!inside) {
                    faults.invalid(this, rule, must);
                  }
                  return inside;
                });
    return number.map(BigDecimal::longValueExact);
  }

  Optional<BigDecimal> number(String ruleText, Predicate<BigDecimal> legal) {
    return number(Faults.ruleOf(ruleText), legal, Faults.detailOf(ruleText));
  }

  Optional<BigDecimal> number(Rule rule, Predicate<BigDecimal> legal, String must) {
    if (unset()) {
      return Optional.empty();
    }
    // A number with a huge exponent would fill memory when written out; no field is near these
    // bounds.
    if (json.isNumber()) {
      BigDecimal n =
          json.isDouble() && !Double.isFinite(json.doubleValue()) ? null : json.decimalValue();
      if (n != null && n.precision() < 400 && Math.abs((long) n.scale()) < 400 && legal.test(n)) {
        return Optional.of(n);
      }
    }
    faults.invalid(this, rule, must);
    return Optional.empty();
  }

  Optional<Quantity> quantity(String ruleText) {
    return quantity(Faults.ruleOf(ruleText), Faults.detailOf(ruleText));
  }

  /** A quantity as a string or a whole number; the API server takes no fraction without quotes. */
  Optional<Quantity> quantity(Rule rule, String must) {
    if (unset()) {
      return Optional.empty();
    }
    Optional<Quantity> q =
        json.isTextual() || json.canConvertToExactIntegral()
            ? Quantity.parse(json.isTextual() ? json.textValue() : json.asText())
                .filter(Quantity::positive)
            : Optional.empty();
    if (q.isEmpty()) {
      faults.invalid(this, rule, must);
    }
    return q;
  }
}
