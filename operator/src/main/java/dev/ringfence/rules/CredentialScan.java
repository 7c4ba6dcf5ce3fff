package dev.ringfence.rules;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Looks for credentials in every string of an object's spec, labels and annotations (rule 508). */
final class CredentialScan {
  /**
   * The API server's copy of what was applied; judging it would block the very edit that removes a
   * credential.
   */
  private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

  private static final String DETAIL =
      "must not hold a credential; remove it and rotate it, it is in Git and in the API server's audit log already";

  private final Faults faults;
  private final Rule rule;

  CredentialScan(Faults faults, Rule rule) {
    this.faults = faults;
    this.rule = rule;
  }

  void scan(JsonNode object) {
    JsonNode metadata = object.path("metadata");
    map(metadata.path("labels"), FieldPath.root("metadata").child("labels"));
    map(metadata.path("annotations"), FieldPath.root("metadata").child("annotations"));
    walk(object.path("spec"), FieldPath.root("spec"));
  }

  private void map(JsonNode map, FieldPath path) {
    map.properties()
        .forEach(
            e -> {
              if (!e.getKey().equals(LAST_APPLIED)) {
                FieldPath entry = path.key(Shown.name(e.getKey()));
                text(e.getKey(), entry);
                if (e.getValue().isTextual()) {
                  text(e.getValue().textValue(), entry);
                }
              }
            });
  }

  private void walk(JsonNode json, FieldPath path) {
    if (json.isTextual()) {
      text(json.textValue(), path);
    } else if (json.isArray()) {
      for (int i = 0; i < json.size(); i++) {
        walk(json.get(i), path.index(i));
      }
    } else if (json.isObject()) {
      json.properties()
          .forEach(
              e -> {
                FieldPath child = path.child(Shown.name(e.getKey()));
                text(e.getKey(), child);
                walk(e.getValue(), child);
              });
    }
  }

  private void text(String text, FieldPath path) {
    if (Credentials.found(text)) {
      faults.add(path, Kind.INVALID, Optional.of(Shown.REDACTED), rule, DETAIL);
    }
  }
}
