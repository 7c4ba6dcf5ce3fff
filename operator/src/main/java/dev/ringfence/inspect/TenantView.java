package dev.ringfence.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.ringfence.inspect.Subject.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * One tenant's engines as they stand on the cluster.
 *
 * @param pods the specifications of its live pods; of the Deployment's template where none runs
 * @param live the live pods themselves
 */
record TenantView(Subject subject, String tenant, List<JsonNode> pods, List<JsonNode> live) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static TenantView of(Subject subject, String tenant) {
    List<JsonNode> live =
        subject.children(Kind.Pod, tenant).stream()
            .filter(p -> !p.path("metadata").has("deletionTimestamp"))
            .toList();
    List<JsonNode> specs =
        live.isEmpty()
            ? subject.children(Kind.Deployment, tenant).stream()
                .map(d -> d.path("spec").path("template").path("spec"))
                .toList()
            : live.stream().map(p -> p.path("spec")).toList();
    return new TenantView(subject, tenant, specs, live);
  }

  /** Every container of every pod, those that prepare and accompany included. */
  List<JsonNode> containers() {
    List<JsonNode> all = new ArrayList<>();
    for (JsonNode pod : pods) {
      pod.path("initContainers").forEach(all::add);
      pod.path("containers").forEach(all::add);
      pod.path("ephemeralContainers").forEach(all::add);
    }
    return all;
  }

  List<JsonNode> engines() {
    return containers().stream().filter(c -> c.path("name").asText().equals("engine")).toList();
  }

  List<JsonNode> volumes() {
    List<JsonNode> all = new ArrayList<>();
    pods.forEach(pod -> pod.path("volumes").forEach(all::add));
    return all;
  }

  boolean everyContainer(Predicate<JsonNode> holds) {
    return !containers().isEmpty() && containers().stream().allMatch(holds);
  }

  boolean everyPod(Predicate<JsonNode> holds) {
    return !pods.isEmpty() && pods.stream().allMatch(holds);
  }

  /** Whether every engine has exactly this argument. */
  boolean argument(String text) {
    return !engines().isEmpty() && engines().stream().allMatch(e -> arguments(e).contains(text));
  }

  /** The value of {@code --name=value}, the same in every engine; empty when it differs. */
  Optional<String> value(String name) {
    List<String> values =
        engines().stream()
            .flatMap(e -> arguments(e).stream())
            .filter(a -> a.startsWith(name + "="))
            .map(a -> a.substring(name.length() + 1))
            .toList();
    return values.size() == engines().size() && values.stream().distinct().count() == 1
        ? Optional.of(values.get(0))
        : Optional.empty();
  }

  /** Arguments of any engine that begin so. */
  List<String> beginning(String... beginnings) {
    return engines().stream()
        .flatMap(e -> arguments(e).stream())
        .filter(a -> List.of(beginnings).stream().anyMatch(a::startsWith))
        .toList();
  }

  static List<String> arguments(JsonNode container) {
    List<String> arguments = new ArrayList<>();
    container.path("args").forEach(a -> arguments.add(a.asText()));
    return arguments;
  }

  /** {@code guard.json} as it lies on the cluster; missing when it cannot be read. */
  JsonNode guardPolicy() {
    return subject.children(Kind.ConfigMap, tenant).stream()
        .map(c -> c.path("data").path("guard.json").asText(""))
        .filter(text -> !text.isEmpty())
        .findFirst()
        .map(TenantView::read)
        .orElse(MissingNode.getInstance());
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  List<JsonNode> networkPolicies() {
    return subject.children(Kind.NetworkPolicy, tenant);
  }
}
