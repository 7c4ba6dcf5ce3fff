package dev.ringfence.status;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.api.v1alpha1.Condition.Status;
import dev.ringfence.events.Reason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Conditions as Kubernetes has them: the time changes with the status only. */
public final class Conditions {
  /** As Kubernetes' own conditions. */
  private static final int LONGEST_MESSAGE = 32768;

  private Conditions() {}

  /** What is to be said of one type. */
  public record Said(String type, Status status, Reason reason, String message) {
    public static Said yes(String type, Reason reason, String message) {
      return new Said(type, Status.True, reason, message);
    }

    public static Said no(String type, Reason reason, String message) {
      return new Said(type, Status.False, reason, message);
    }

    public static Said unknown(String type, Reason reason, String message) {
      return new Said(type, Status.Unknown, reason, message);
    }
  }

  public static List<Condition> of(
      List<Said> said, long generation, Map<String, Condition> before, Instant now) {
    return said.stream()
        .map(
            s -> {
              Condition old = before.get(s.type());
              String since =
                  old != null && old.status() == s.status()
                      ? old.lastTransitionTime()
                      : now.truncatedTo(ChronoUnit.SECONDS).toString();
              return new Condition(
                  s.type(),
                  s.status(),
                  generation,
                  since,
                  s.reason().name(),
                  cut(s.message(), LONGEST_MESSAGE));
            })
        .toList();
  }

  /**
   * The conditions of a status as it stands on the server, whoever wrote it; what is malformed is
   * left out.
   */
  public static Map<String, Condition> read(JsonNode status) {
    Map<String, Condition> conditions = new LinkedHashMap<>();
    for (JsonNode node : status.path("conditions")) {
      for (Status value : Status.values()) {
        if (value.name().equals(node.path("status").asText())
            && node.path("type").isTextual()
            && node.path("lastTransitionTime").isTextual()) {
          conditions.put(
              node.path("type").asText(),
              new Condition(
                  node.path("type").asText(),
                  value,
                  node.path("observedGeneration").asLong(),
                  node.path("lastTransitionTime").asText(),
                  node.path("reason").asText(),
                  node.path("message").asText()));
        }
      }
    }
    return conditions;
  }

  static String cut(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest - 3) + "...";
  }
}
