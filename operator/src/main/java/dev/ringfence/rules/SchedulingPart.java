package dev.ringfence.rules;

import static dev.ringfence.rules.Rule.VLLM_001;
import static dev.ringfence.rules.Rule.VLLM_212;
import static dev.ringfence.rules.Rule.VLLM_706;
import static dev.ringfence.rules.Rule.VLLM_711;

import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.Workload.Scheduling;
import dev.ringfence.rules.Workload.Toleration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/** {@code spec.scheduling}: where the pods may run. */
final class SchedulingPart {
  static final String SHARING_STRATEGY = "nvidia.com/gpu.sharing-strategy";

  private final Faults faults;
  private final Policy policy;
  private final Waivers waivers;
  private final Scheduling scheduling;

  SchedulingPart(Node node, Policy policy, Waivers waivers) {
    this.faults = node.faults();
    this.policy = policy;
    this.waivers = waivers;
    node.object(
        Set.of("nodeSelector", "tolerations", "priorityClassName", "runtimeClassName", "queueName"),
        VLLM_001,
        "an object with the pods' placement");
    this.scheduling =
        new Scheduling(
            nodeSelector(node.get("nodeSelector")),
            tolerations(node.get("tolerations")),
            priorityClass(node.get("priorityClassName")),
            runtimeClass(node.get("runtimeClassName")),
            node.get("queueName")
                .string(
                    VLLM_001,
                    Names.LABEL,
                    "must be the name of a Kueue queue; correct it or remove it"));
  }

  Scheduling scheduling() {
    return scheduling;
  }

  private SortedMap<String, String> nodeSelector(Node node) {
    SortedMap<String, String> labels = Shapes.labels(node, VLLM_001);
    if (labels.containsKey(SHARING_STRATEGY)) {
      faults.inconsistent(node.path().key(SHARING_STRATEGY), RuleText.RESERVED_SHARING_LABEL);
    }
    String noSwap = policy.noSwapLabel().key();
    if (labels.containsKey(noSwap) && !waivers.lifts(VLLM_212)) {
      faults.inconsistent(node.path().key(noSwap), RuleText.RESERVED_NO_SWAP_LABEL);
    }
    return labels;
  }

  private List<Toleration> tolerations(Node list) {
    List<Toleration> tolerations = new ArrayList<>();
    for (Node item : list.items(16, VLLM_711, "tolerations")) {
      if (item.object(
              Set.of("key", "operator", "value", "effect", "tolerationSeconds"),
              VLLM_711,
              "a toleration")
          .isEmpty()) {
        continue;
      }
      Node keyNode = item.get("key");
      Optional<String> key =
          keyNode.string(
              VLLM_711,
              Names.QUALIFIED,
              "must be the key of a taint; add one that the policy lists in scheduling.tolerationKeys");
      if (keyNode.unset()) {
        faults.required(
            keyNode.path(),
            VLLM_711,
            "must be there, a toleration without a key tolerates everything; add one that the policy lists in scheduling.tolerationKeys");
      }
      if (key.isPresent()
          && !policy.scheduling().tolerationKeys().contains(key.get())
          && !waivers.lifts(VLLM_711)) {
        faults.invalid(
            keyNode,
            VLLM_711,
            listed("key", policy.scheduling().tolerationKeys(), "tolerationKeys"));
      }
      Optional<String> operator =
          item.get("operator").oneOf(VLLM_711, List.of("Exists", "Equal"), "correct it");
      Optional<String> value =
          item.get("value")
              .string(VLLM_711, Names.LABEL_VALUE, "must be the value of a taint; correct it");
      Node effectNode = item.get("effect");
      Optional<String> effect =
          effectNode.json().isTextual() && effectNode.json().textValue().isEmpty()
              ? Optional.empty()
              : effectNode.oneOf(
                  VLLM_711,
                  List.of("NoSchedule", "PreferNoSchedule", "NoExecute"),
                  "correct it or remove it");
      Optional<Long> seconds =
          item.get("tolerationSeconds")
              .wholeNumber(
                  VLLM_711,
                  0,
                  31_536_000,
                  "must be a whole number of seconds; correct it or remove it");
      if (operator.equals(Optional.of("Exists")) && value.filter(v -> !v.isEmpty()).isPresent()) {
        faults.forbidden(
            item.get("value").path(),
            VLLM_711,
            "must not be there with the operator Exists; remove it");
      }
      if (seconds.isPresent() && !effect.equals(Optional.of("NoExecute"))) {
        faults.forbidden(
            item.get("tolerationSeconds").path(),
            VLLM_711,
            "must stand with the effect NoExecute alone; remove it");
      }
      key.ifPresent(k -> tolerations.add(new Toleration(k, operator, value, effect, seconds)));
    }
    return List.copyOf(tolerations);
  }

  private Optional<String> priorityClass(Node node) {
    Optional<String> name =
        node.string(
            VLLM_711,
            Names.SUBDOMAIN,
            "must be the name of a PriorityClass; correct it or remove it");
    if (name.isPresent() && name.get().startsWith("system-")) {
      faults.invalid(
          node,
          VLLM_711,
          "must not be a system class, it would evict what the cluster needs; remove it");
    } else if (name.isPresent()
        && !policy.scheduling().priorityClassNames().contains(name.get())
        && !waivers.lifts(VLLM_711)) {
      faults.invalid(
          node,
          VLLM_711,
          listed("class", policy.scheduling().priorityClassNames(), "priorityClassNames"));
    }
    return name;
  }

  private Optional<String> runtimeClass(Node node) {
    Optional<String> name =
        node.string(
            VLLM_706,
            Names.SUBDOMAIN,
            "must be the name of a RuntimeClass; correct it or remove it");
    if (name.isPresent()
        && !policy.scheduling().runtimeClassNames().contains(name.get())
        && !waivers.lifts(VLLM_706)) {
      faults.invalid(
          node,
          VLLM_706,
          listed("class", policy.scheduling().runtimeClassNames(), "runtimeClassNames"));
    }
    return node.unset() ? policy.scheduling().defaultRuntimeClassName() : name;
  }

  private static String listed(String what, Set<String> names, String field) {
    String some = names.stream().sorted().limit(8).collect(Collectors.joining(", "));
    return "must be a "
        + what
        + " that the policy lists ("
        + (names.isEmpty() ? "none now" : some + (names.size() > 8 ? ", ..." : ""))
        + "); remove it, or ask the platform team to add it to scheduling."
        + field
        + " of the VLLMPolicy";
  }
}
