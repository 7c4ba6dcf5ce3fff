package dev.ringfence.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Rule;
import java.util.ArrayList;
import java.util.List;

/** Nodes that could take an engine: they have GPUs, and somebody vouches that they do not swap. */
record Nodes(Facts facts, Policy policy) {
  /** How many names a line holds. */
  private static final int SHOWN = 3;

  List<Finding> findings() {
    if (facts.nodes().found().isEmpty()) {
      return List.of(
          Finding.unknown(
              "nodes",
              "you may not read nodes, so GPUs and the no-swap label are not looked at",
              "kubectl auth can-i list nodes"));
    }
    List<Finding> findings = new ArrayList<>();
    List<String> resources = policy.scheduling().gpuResources();
    List<JsonNode> able =
        facts
            .nodes()
            .items()
            .filter(n -> !n.path("spec").path("unschedulable").asBoolean(false))
            .filter(n -> policy.engine().allowCpu() || gpus(n, resources) > 0)
            .toList();
    if (able.isEmpty()) {
      findings.add(
          Finding.lacks(
              "GPUs",
              Rule.VLLM_210,
              "no node that takes pods offers " + String.join(" or ", resources),
              "kubectl get nodes -o"
                  + " custom-columns=NODE:.metadata.name,GPUS:'.status.allocatable.nvidia\\.com/gpu'",
              "kubectl get pods -A -o wide | grep -i device-plugin   # the GPU vendor's device"
                  + " plug-in offers them"));
    } else {
      long count = able.stream().mapToLong(n -> gpus(n, resources)).sum();
      findings.add(
          Finding.ok("GPUs", count + " on " + counted(able.size(), "node") + ": " + names(able)));
    }
    findings.addAll(noSwap(able));
    return findings;
  }

  private List<Finding> noSwap(List<JsonNode> able) {
    String key = policy.noSwapLabel().key();
    String label = key + "=" + policy.noSwapLabel().value();
    List<JsonNode> vouched =
        facts
            .nodes()
            .items()
            .filter(
                n ->
                    n.path("metadata")
                        .path("labels")
                        .path(key)
                        .asText("")
                        .equals(policy.noSwapLabel().value()))
            .toList();
    List<Finding> findings = new ArrayList<>();
    List<JsonNode> ready = able.stream().filter(vouched::contains).toList();
    if (ready.isEmpty()) {
      String node = able.isEmpty() ? "NODE" : name(able.get(0));
      findings.add(
          Finding.lacks(
              "no-swap label",
              Rule.VLLM_212,
              (able.isEmpty() ? "no node has " : "no node with a GPU has ") + label,
              "kubectl get node "
                  + node
                  + " -o jsonpath='{.status.nodeInfo.swap}'   # nothing, or 0",
              "kubectl label node " + node + " " + label));
    } else {
      findings.add(
          Finding.ok(
              "no-swap label", counted(ready.size(), "node") + " with GPUs: " + names(ready)));
      if (ready.size() < able.size()) {
        findings.add(
            Finding.note(
                "no-swap label",
                "these nodes with GPUs do not have it and take no engine: "
                    + names(able.stream().filter(n -> !vouched.contains(n)).toList())));
      }
    }
    vouched.stream()
        .filter(n -> n.path("status").path("nodeInfo").path("swap").path("capacity").asLong(0) > 0)
        .forEach(
            n ->
                findings.add(
                    Finding.lacks(
                        "no-swap label",
                        Rule.VLLM_212,
                        name(n)
                            + " is vouched for as swap-free, and reports swap of "
                            + n.path("status")
                                .path("nodeInfo")
                                .path("swap")
                                .path("capacity")
                                .asLong()
                            + " bytes; switch it off on the node (swapoff -a, restart the kubelet)"
                            + " or take the label away",
                        "kubectl label node " + name(n) + " " + key + "-")));
    return findings;
  }

  private static long gpus(JsonNode node, List<String> resources) {
    JsonNode allocatable = node.path("status").path("allocatable");
    return resources.stream()
        .map(r -> allocatable.path(r).asText("0"))
        .filter(n -> n.matches("[0-9]{1,6}"))
        .mapToLong(Long::parseLong)
        .sum();
  }

  static String name(JsonNode object) {
    return object.path("metadata").path("name").asText();
  }

  static String names(List<JsonNode> objects) {
    List<String> names = objects.stream().map(Nodes::name).sorted().toList();
    return names.size() <= SHOWN
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, SHOWN)) + " and " + (names.size() - SHOWN) + " more";
  }

  static String counted(long n, String what) {
    return n + " " + what + (n == 1 ? "" : "s");
  }
}
