package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;

/** What a pod says of itself, in a line. */
final class PodState {
  private PodState() {}

  static String of(JsonNode pod) {
    List<String> said = new ArrayList<>();
    if (pod.path("metadata").has("deletionTimestamp")) {
      said.add("ending");
    }
    String phase = pod.path("status").path("phase").asText("");
    boolean ready = condition(pod, "Ready").path("status").asText().equals("True");
    said.add(ready ? "ready" : phase.isEmpty() ? "no phase yet" : phase);
    JsonNode scheduled = condition(pod, "PodScheduled");
    if (scheduled.path("status").asText().equals("False")) {
      said.add(scheduled.path("message").asText(scheduled.path("reason").asText()));
    }
    for (JsonNode container : containers(pod)) {
      String state = container(container);
      if (!state.isEmpty()) {
        said.add(container.path("name").asText() + " " + state);
      }
    }
    String node = pod.path("spec").path("nodeName").asText("");
    return Subject.plain(String.join("; ", said)) + (node.isEmpty() ? "" : " on " + node);
  }

  private static List<JsonNode> containers(JsonNode pod) {
    List<JsonNode> all = new ArrayList<>();
    pod.path("status").path("initContainerStatuses").forEach(all::add);
    pod.path("status").path("containerStatuses").forEach(all::add);
    return all;
  }

  private static String container(JsonNode container) {
    JsonNode state = container.path("state");
    int restarts = container.path("restartCount").asInt(0);
    String text = "";
    if (state.has("waiting")) {
      String why = state.path("waiting").path("message").asText("");
      text =
          "waits: "
              + state.path("waiting").path("reason").asText()
              + (why.isEmpty() ? "" : " (" + why + ")");
    } else if (state.has("terminated") && state.path("terminated").path("exitCode").asInt(0) != 0) {
      text = "ended with code " + state.path("terminated").path("exitCode").asInt();
    }
    if (restarts == 0) {
      return text;
    }
    JsonNode last = container.path("lastState").path("terminated");
    return (text.isEmpty() ? "" : text + ", ")
        + restarts
        + (restarts == 1 ? " restart" : " restarts")
        + (last.has("exitCode") ? ", last exit code " + last.path("exitCode").asInt() : "");
  }

  private static JsonNode condition(JsonNode pod, String type) {
    for (JsonNode c : pod.path("status").path("conditions")) {
      if (c.path("type").asText().equals(type)) {
        return c;
      }
    }
    return MissingNode.getInstance();
  }
}
