package dev.ringfence.e2e.admission;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How the operator's own words about an object differ from the lines that all rings say: in its
 * conditions, in its status and in the Events about it.
 */
final class Refused {
  /** As many as a status lists. */
  private static final int LISTED = 32;

  private static final Pattern REST = Pattern.compile("and [0-9]+ more, see the status");

  private Refused() {}

  /** Empty when all of it is the same. */
  static Optional<String> difference(JsonNode object, List<String> lines, JsonNode events) {
    List<String> listed = new ArrayList<>();
    object.path("status").path("violations").forEach(v -> listed.add(v.path("message").asText()));
    if (!listed.equals(lines.stream().limit(LISTED).toList())) {
      return Optional.of("status.violations: " + listed + "\n  instead of: " + lines);
    }
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Accepted")) {
        return condition.path("status").asText().equals("False")
            ? said(object, condition, lines, events)
            : Optional.of("Accepted is not False: " + condition);
      }
    }
    return Optional.of("no condition Accepted: " + object.path("status"));
  }

  private static Optional<String> said(
      JsonNode object, JsonNode condition, List<String> lines, JsonNode events) {
    String message = condition.path("message").asText();
    String wanted = String.join("\n", lines);
    // What was accepted before and is held is told after the lines.
    if (!message.equals(wanted)
        && !message.startsWith(wanted + "\nwhat was accepted ")
        && !message.startsWith(wanted + "\nengines are stopped: ")) {
      return Optional.of("Accepted: " + message + "\n  instead of: " + wanted);
    }
    List<String> notes = new ArrayList<>();
    String uid = object.path("metadata").path("uid").asText();
    for (JsonNode event : events.path("items")) {
      if (event.path("regarding").path("uid").asText().equals(uid)
          && event.path("reason").asText().equals(condition.path("reason").asText())) {
        notes.add(event.path("note").asText());
      }
    }
    return notes.stream().anyMatch(note -> same(note, message))
        ? Optional.empty()
        : Optional.of("Events: " + notes + "\n  instead of: " + message);
  }

  /** An Event's note is short: it holds as many whole lines as fit, and how many more there are. */
  private static boolean same(String note, String message) {
    List<String> said = new ArrayList<>(note.lines().toList());
    if (!said.isEmpty() && REST.matcher(said.getLast()).matches()) {
      said.removeLast();
      List<String> all = message.lines().toList();
      return !said.isEmpty()
          && said.size() < all.size()
          && said.equals(all.subList(0, said.size()));
    }
    return note.equals(message);
  }
}
