package dev.ringfence.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.PatternSyntaxException;
import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.Workload.LabelSelector;
import dev.ringfence.rules.Workload.LabelSelector.Requirement;
import dev.ringfence.rules.Workload.Peer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/** Shapes that several kinds share: peers, selectors, times, patterns, groups of namespaces. */
final class Shapes {
  private static final Pattern RFC_3339 =
      Pattern.compile(
          "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})");

  private Shapes() {}

  /** RFC 3339 with a zone. */
  static Optional<Instant> instant(Node node, Rule rule) {
    return node.parsed(
        rule,
        text -> {
          try {
            return !RFC_3339.matcher(text).matches()
                ? Optional.empty()
                : Optional.of(
                    OffsetDateTime.parse(text, DateTimeFormatter.ISO_OFFSET_DATE_TIME).toInstant());
          } catch (DateTimeException e) {
            return Optional.empty();
          }
        },
        "must be a time with a zone (RFC 3339); write it as 2027-03-31T00:00:00Z");
  }

  /** An RE2 pattern that does not match the empty text. */
  static Optional<String> regex(Node node, int longest, Rule rule) {
    return node.string(
        rule,
        text -> {
          try {
            return !text.isEmpty()
                && text.length() <= longest
                && !com.google.re2j.Pattern.compile(text).matcher("").find();
          } catch (PatternSyntaxException e) {
            return false;
          }
        },
        "must be a regular expression of RE2 (no look-around, no back-reference), at most "
            + longest
            + " characters, that does not match the empty text; correct it");
  }

  /** Names and a selector, at least one of them. */
  static Optional<Namespaces> namespaces(Node node, Rule rule, boolean mayBeNobody) {
    Optional<Node> object =
        node.object(Set.of("names", "selector"), rule, "an object with names or a selector");
    if (object.isEmpty()) {
      return Optional.empty();
    }
    Node names = object.get().get("names");
    Set<String> named =
        strings(
            names,
            256,
            rule,
            Names.LABEL,
            "must be the name of a namespace, without wildcards; correct it");
    Node selector = object.get().get("selector");
    Optional<LabelSelector> selected = selector(selector, rule);
    if (named.isEmpty()
        && selector.unset()
        && !mayBeNobody
        && names.items(256, rule, "namespace names").isEmpty()) {
      node.faults()
          .required(
              node.path(), rule, "must name namespaces or select them; add names or a selector");
      return Optional.empty();
    }
    return Optional.of(new Namespaces(named, selected));
  }

  /** A set of strings in the order given; a twin is a fault. */
  static Set<String> strings(Node list, int most, Rule rule, Pattern pattern, String must) {
    Set<String> set = new LinkedHashSet<>();
    for (Node item : list.items(most, rule, "names")) {
      Optional<String> text = item.string(rule, pattern, must);
      if (text.isPresent() && !set.add(text.get())) {
        item.faults().duplicate(item.path(), rule, "must be listed once; remove the twin");
      }
    }
    return set;
  }

  static Optional<LabelSelector> selector(Node node, Rule rule) {
    return node.object(Set.of("matchLabels", "matchExpressions"), rule, "a label selector")
        .map(
            o ->
                new LabelSelector(
                    labels(o.get("matchLabels"), rule),
                    expressions(o.get("matchExpressions"), rule)));
  }

  static SortedMap<String, String> labels(Node node, Rule rule) {
    return labels(node, rule, 64);
  }

  private static SortedMap<String, String> labels(Node node, Rule rule, int most) {
    SortedMap<String, String> labels = new TreeMap<>();
    if (node.unset()) {
      return labels;
    }
    if (!node.json().isObject()) {
      node.faults().invalid(node, rule, "must be a map of labels; write name: value, one a line");
      return labels;
    }
    if (node.json().size() > most) {
      node.faults()
          .tooMany(node.path(), rule, "must have at most " + most + " labels; remove some");
      return labels;
    }
    node.entries()
        .forEach(
            (key, value) -> {
              if (!Names.QUALIFIED.matcher(key).matches()) {
                node.faults()
                    .forbidden(
                        value.path(), rule, "must have a label's key as its name; correct the key");
              } else if (value.unset()) {
                value
                    .faults()
                    .invalid(
                        value,
                        rule,
                        "must be a label's value, not null; write \"\" for an empty one");
              } else {
                value
                    .string(
                        rule,
                        Names.LABEL_VALUE,
                        "must be a label's value, text of at most 63 letters, digits and . _ -; correct it, or write it in quotes")
                    .ifPresent(v -> labels.put(key, v));
              }
            });
    return labels;
  }

  private static List<Requirement> expressions(Node node, Rule rule) {
    List<Requirement> requirements = new ArrayList<>();
    for (Node item : node.items(16, rule, "selector expressions")) {
      item.object(
              Set.of("key", "operator", "values"),
              rule,
              "a selector expression with key, operator and values")
          .ifPresent(
              o -> {
                Optional<String> key =
                    o.get("key").string(rule, Names.QUALIFIED, "must be a label's key; correct it");
                Optional<String> operator =
                    o.get("operator")
                        .oneOf(
                            rule, List.of("In", "NotIn", "Exists", "DoesNotExist"), "correct it");
                List<String> values = new ArrayList<>();
                for (Node value : o.get("values").items(64, rule, "label values")) {
                  value
                      .string(rule, Names.LABEL_VALUE, "must be a label's value; correct it")
                      .ifPresent(values::add);
                }
                if (o.get("key").unset()) {
                  o.faults().required(o.get("key").path(), rule, "must be a label's key; add it");
                }
                if (o.get("operator").unset()) {
                  o.faults()
                      .required(
                          o.get("operator").path(),
                          rule,
                          "must be In, NotIn, Exists or DoesNotExist; add it");
                }
                if (key.isPresent() && operator.isPresent()) {
                  boolean wantsValues = operator.get().endsWith("In");
                  if (wantsValues == values.isEmpty()) {
                    o.faults()
                        .forbidden(
                            o.get("values").path(),
                            rule,
                            wantsValues
                                ? "must have a value with In and NotIn; add one"
                                : "must be empty with Exists and DoesNotExist; remove the values");
                  } else {
                    requirements.add(
                        new Requirement(key.get(), operator.get(), List.copyOf(values)));
                  }
                }
              });
    }
    return List.copyOf(requirements);
  }

  /**
   * Peers of a NetworkPolicy. A namespaceSelector needs a label or an In with values, so that no
   * peer means everybody; a podSelector alone means the own namespace.
   */
  static List<Peer> peers(Node node, int most, Rule rule) {
    List<Peer> peers = new ArrayList<>();
    for (Node item : node.items(most, rule, "peers")) {
      Optional<Node> object =
          item.object(
              Set.of("namespaceSelector", "podSelector"),
              rule,
              "a peer with namespaceSelector or podSelector");
      if (object.isEmpty()) {
        continue;
      }
      Node namespaces = object.get().get("namespaceSelector");
      Node pods = object.get().get("podSelector");
      Optional<LabelSelector> namespaceSelector = selector(namespaces, rule);
      Optional<LabelSelector> podSelector = selector(pods, rule);
      if (narrow(namespaces, pods)) {
        peers.add(new Peer(namespaceSelector, podSelector));
      } else {
        item.faults()
            .inconsistent(
                namespaces.unset() ? item.path() : namespaces.path(),
                rule,
                Faults.detailOf(RuleText.PEER));
      }
    }
    return List.copyOf(peers);
  }

  /** Judged on what is written, as the CRD does, whatever else is wrong with the selectors. */
  private static boolean narrow(Node namespaces, Node pods) {
    if (namespaces.unset()) {
      return !pods.unset();
    }
    if (!namespaces.json().isObject() || written(namespaces.json().path("matchLabels"))) {
      return true;
    }
    JsonNode expressions = namespaces.json().path("matchExpressions");
    return expressions.isArray()
        ? StreamSupport.stream(expressions.spliterator(), false)
            .anyMatch(e -> e.path("operator").asText().equals("In") && written(e.path("values")))
        : written(expressions);
  }

  /** Something that is there, if only something of a wrong type. */
  private static boolean written(JsonNode json) {
    return !json.isMissingNode() && !json.isNull() && !(json.isContainerNode() && json.isEmpty());
  }

  /**
   * The fields that every object may have, and those of its metadata that people write. The API
   * server judges the rest of the metadata.
   */
  static void envelope(Node object, Rule rule) {
    object.object(Set.of("apiVersion", "kind", "metadata", "spec", "status"), rule, "an object");
    Node metadata = object.get("metadata");
    if (!metadata.unset() && !metadata.json().isObject()) {
      metadata
          .faults()
          .inconsistent(
              metadata.path(), rule, "must be an object with a name; write its fields below it");
    }
    labels(metadata.get("labels"), rule, Integer.MAX_VALUE);
    annotations(metadata.get("annotations"), rule);
  }

  private static void annotations(Node node, Rule rule) {
    if (node.unset()) {
      return;
    }
    if (!node.json().isObject()) {
      node.faults()
          .inconsistent(
              node.path(), rule, "must be a map of annotations; write name: text, one a line");
      return;
    }
    node.entries()
        .forEach(
            (key, value) -> {
              if (!value.unset() && !value.json().isTextual()) {
                value
                    .faults()
                    .inconsistent(
                        value.path(), rule, "must be text; write it in quotes, as \"1.0\"");
              }
            });
  }
}
