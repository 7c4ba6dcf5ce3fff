package dev.ringfence.rules;

import static dev.ringfence.rules.Rule.VLLM_001;
import static dev.ringfence.rules.Rule.VLLM_102;
import static dev.ringfence.rules.Rule.VLLM_501;
import static dev.ringfence.rules.Rule.VLLM_511;

import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.Workload.Scale;
import dev.ringfence.rules.Workload.Tenant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code spec.tenants}: one engine each. */
final class TenantsPart {
  private final Faults faults;
  private final Policy.Limits limits;
  private final boolean requireTls;
  private final List<Tenant> tenants = new ArrayList<>();

  TenantsPart(Node list, Policy.Limits limits, boolean requireTls) {
    this.faults = list.faults();
    this.limits = limits;
    this.requireTls = requireTls;
    if (list.unset() || list.emptyList()) {
      faults.required(list.path(), RuleText.TENANTS_REQUIRED);
    }
    Set<String> names = new HashSet<>();
    for (Node item : list.items(64, VLLM_102, "tenants")) {
      if (item.object(
              Set.of(
                  "name",
                  "replicas",
                  "scaling",
                  "apiKeySecretRef",
                  "tlsSecretName",
                  "requestsPerMinute",
                  "tokensPerMinute",
                  "maxConcurrentRequests"),
              VLLM_102,
              "a tenant with name and apiKeySecretRef")
          .isEmpty()) {
        continue;
      }
      Tenant tenant = tenant(item);
      if (!tenant.name().isEmpty() && !names.add(tenant.name())) {
        faults.duplicate(
            item.get("name").path(),
            VLLM_102,
            "must be the only tenant of this name, each has an engine of its own; rename or remove it");
      }
      tenants.add(tenant);
    }
  }

  List<Tenant> tenants() {
    return List.copyOf(tenants);
  }

  private Tenant tenant(Node node) {
    Node nameNode = node.get("name");
    if (nameNode.unset()) {
      faults.required(nameNode.path(), RuleText.TENANT_NAME);
    }
    String name = nameNode.string(RuleText.TENANT_NAME, Names.TENANT).orElse("");
    int requests =
        Upper.integer(
            node.get("requestsPerMinute"),
            RuleText.REQUESTS_PER_MINUTE,
            1_000_000,
            limits.requestsPerMinute(),
            60,
            "");
    int tokens =
        Upper.integer(
            node.get("tokensPerMinute"),
            RuleText.TOKENS_PER_MINUTE,
            100_000_000,
            limits.tokensPerMinute(),
            limits.tokensPerMinute(),
            "");
    int concurrent =
        Upper.integer(
            node.get("maxConcurrentRequests"),
            RuleText.MAX_CONCURRENT_REQUESTS,
            4096,
            limits.maxConcurrentRequests(),
            32,
            "");
    Scale scale = scale(node, requests, concurrent);
    return new Tenant(
        name,
        scale,
        keys(node.get("apiKeySecretRef")),
        tls(node.get("tlsSecretName")),
        requests,
        tokens,
        concurrent);
  }

  private String keys(Node ref) {
    if (ref.unset()) {
      faults.required(ref.path(), RuleText.API_KEYS_REQUIRED);
      return "";
    }
    if (ref.object(Set.of("name"), VLLM_501, "an object with a name").isEmpty()) {
      return "";
    }
    Node name = ref.get("name");
    if (name.unset()) {
      faults.required(name.path(), RuleText.API_KEYS_REQUIRED);
    }
    return name.unseen(RuleText.API_KEY_SECRET, Names.SUBDOMAIN.asMatchPredicate()).orElse("");
  }

  private Optional<String> tls(Node name) {
    if (name.unset() && requireTls) {
      faults.required(
          name.path(),
          VLLM_511,
          "must name a TLS Secret, the policy requires TLS at the guard; set tlsSecretName");
    }
    return name.string(RuleText.TLS_SECRET, Names.SUBDOMAIN);
  }

  private Scale scale(Node node, int requests, int concurrent) {
    Node replicas = node.get("replicas");
    Node scaling = node.get("scaling");
    Optional<Integer> count = replicas.integer(RuleText.REPLICAS, 0, 32);
    if (scaling.unset()) {
      Scale.Fixed fixed = new Scale.Fixed(count.orElse(1));
      share(node, replicas, fixed.replicas(), requests, concurrent);
      return fixed;
    }
    if (!replicas.unset()) {
      faults.forbidden(replicas.path(), RuleText.REPLICAS_OR_SCALING);
    }
    scaling.object(
        Set.of("minReplicas", "maxReplicas"),
        VLLM_001,
        "an object with minReplicas and maxReplicas");
    Node most = scaling.get("maxReplicas");
    if (scaling.json().isObject() && most.unset()) {
      faults.required(most.path(), RuleText.SCALING_MAX_REQUIRED);
    }
    int min = scaling.get("minReplicas").integer(RuleText.SCALING_RANGE, 1, 32).orElse(1);
    int max = most.integer(RuleText.SCALING_RANGE, 1, 32).orElse(min);
    if (min > max) {
      faults.inconsistent(scaling.path(), RuleText.SCALING_ORDER);
    }
    share(node, most, max, requests, concurrent);
    return new Scale.Autoscaled(min, max);
  }

  private void share(Node tenant, Node pods, int most, int requests, int concurrent) {
    share(pods, most, tenant.get("requestsPerMinute"), requests, RuleText.SHARE_OF_REQUESTS);
    share(
        pods, most, tenant.get("maxConcurrentRequests"), concurrent, RuleText.SHARE_OF_CONCURRENT);
  }

  private void share(Node pods, int most, Node limit, int value, String ruleText) {
    if (most <= value) {
      return;
    }
    if (limit.unset()) {
      faults.inconsistent(
          pods.path(),
          Faults.ruleOf(ruleText),
          Faults.detailOf(ruleText).replace(",", " (" + value + " here),"));
    } else {
      faults.inconsistent(pods.path(), ruleText);
    }
  }
}
