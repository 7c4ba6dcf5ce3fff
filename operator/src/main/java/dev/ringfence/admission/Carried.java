package dev.ringfence.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.rules.Kind;
import dev.ringfence.rules.Rule;
import dev.ringfence.rules.Violation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which violations of an update were there before it. An update is judged whole, like a creation;
 * what it carries over is told in a warning instead of refusing it where that can weaken nothing:
 *
 * <ul>
 *   <li>a TrustedModel or VLLMPolicy that breaks a rule counts as none, before the update and after
 *       it, so tightening and revoking work however old the object is;
 *   <li>a workload whose spec is as it was, or only stops or shrinks something: {@code suspended}
 *       set, fewer replicas, a tenant taken away. The reconciler goes on holding it.
 * </ul>
 *
 * <p>A violation that was not there before always refuses the update.
 */
final class Carried {
  private static final String SUSPENDED = "suspended";
  private static final String TENANTS = "tenants";
  private static final String REPLICAS = "replicas";

  private Carried() {}

  /** A violation wherever it stands in a list, since taking an item away moves the others. */
  private record Fault(String path, Kind kind, Optional<String> value, Rule rule, String detail) {
    static Fault of(Violation v) {
      return new Fault(
          v.path().replaceAll("\\[[0-9]+]", "[]"), v.kind(), v.value(), v.rule(), v.detail());
    }
  }

  /** Violations that were there before, and those that were not. */
  record Split(List<Violation> carried, List<Violation> fresh) {}

  static Split split(List<Violation> after, List<Violation> before) {
    Set<Fault> known = before.stream().map(Fault::of).collect(Collectors.toSet());
    Map<Boolean, List<Violation>> parts =
        after.stream().collect(Collectors.partitioningBy(v -> known.contains(Fault.of(v))));
    return new Split(parts.getOrDefault(true, List.of()), parts.getOrDefault(false, List.of()));
  }

  /** Whether a workload's spec is as it was, but for what stops or shrinks. */
  static boolean onlyLess(JsonNode before, JsonNode after) {
    if (!(before instanceof ObjectNode was) || !(after instanceof ObjectNode is)) {
      return before.equals(after);
    }
    ObjectNode a = was.deepCopy();
    ObjectNode b = is.deepCopy();
    if (b.path(SUSPENDED).asBoolean(false)) {
      a.remove(SUSPENDED);
      b.remove(SUSPENDED);
    }
    JsonNode tenantsBefore = a.path(TENANTS);
    JsonNode tenantsAfter = b.path(TENANTS);
    a.remove(TENANTS);
    b.remove(TENANTS);
    return a.equals(b)
        && (tenantsBefore.equals(tenantsAfter) || fewerTenants(tenantsBefore, tenantsAfter));
  }

  private static boolean fewerTenants(JsonNode before, JsonNode after) {
    Map<String, JsonNode> known = new HashMap<>();
    before.forEach(t -> known.put(t.path("name").asText(), t));
    List<JsonNode> rest = new ArrayList<>();
    after.forEach(rest::add);
    return !rest.isEmpty()
        && rest.stream()
            .allMatch(
                t -> {
                  JsonNode was = known.remove(t.path("name").asText());
                  return was != null && fewerReplicas(was, t);
                });
  }

  private static boolean fewerReplicas(JsonNode before, JsonNode after) {
    if (!(before instanceof ObjectNode was) || !(after instanceof ObjectNode is)) {
      return before.equals(after);
    }
    ObjectNode a = was.deepCopy();
    ObjectNode b = is.deepCopy();
    long replicasBefore = a.path(REPLICAS).asLong(1);
    long replicasAfter = b.path(REPLICAS).asLong(1);
    a.remove(REPLICAS);
    b.remove(REPLICAS);
    return a.equals(b) && replicasAfter <= replicasBefore;
  }
}
