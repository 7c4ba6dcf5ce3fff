package dev.ringfence.e2e.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.engine.Rendering;
import dev.ringfence.e2e.network.Cyclonus.Peer;
import dev.ringfence.e2e.network.Cyclonus.Traffic;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two workloads of two tenants each, one of them with a fetch Job, and everybody around them: for
 * every pair, on every port that matters, an evaluator of others reads the rendered NetworkPolicies
 * and says what passes. What must pass is written down here from the design, not from the renderer.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class NetworkPoliciesIT {
  private static final String MANIFEST =
      """
      apiVersion: ringfence.dev/v1alpha1
      kind: VLLMPolicy
      metadata: {name: default}
      spec:
        engine:
          images: [{image: "registry.example/vllm@sha256:%1$s", version: 0.33.0}]
        scheduling: {requireRestrictedNamespace: false}
        network:
          clients:
          - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: gateway}}
            podSelector: {matchLabels: {app: gateway}}
          monitoring:
          - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}
      ---
      apiVersion: ringfence.dev/v1alpha1
      kind: TrustedModel
      metadata: {name: fetched}
      spec:
        source: {huggingFace: {repository: org/model, revision: "%2$s"}}
        format: safetensors
        architectures: [LlamaForCausalLM]
        quantization: {method: none}
        files:
        - {path: config.json, size: 600, sha256: "%1$s"}
        - {path: model.safetensors, size: 6000, sha256: "%1$s"}
      ---
      apiVersion: ringfence.dev/v1alpha1
      kind: VLLMDeployment
      metadata: {name: chat, namespace: team}
      spec:
        model: {ref: fetched}
        tenants:
        - {name: acme, apiKeySecretRef: {name: chat-acme}}
        - {name: globex, apiKeySecretRef: {name: chat-globex}}
        resources: {cpu: "8", memory: 48Gi}
      ---
      apiVersion: ringfence.dev/v1alpha1
      kind: VLLMDeployment
      metadata: {name: code, namespace: team}
      spec:
        model: {ref: fetched}
        tenants:
        - {name: hooli, apiKeySecretRef: {name: code-hooli}, tlsSecretName: hooli-tls}
        - {name: initech, apiKeySecretRef: {name: code-initech}}
        api:
          allowFrom: [{podSelector: {matchLabels: {app: portal}}}]
        resources: {cpu: "8", memory: 48Gi}
      """
          .formatted("a".repeat(64), "b".repeat(40));

  private static final int API = 8080;
  private static final int API_TLS = 8443;
  private static final int ADMIN = 9901;

  /** The guard's ports, names, hub, SSH, and what vLLM could open: its API, ZeroMQ, torch. */
  private static final List<Integer> PORTS =
      List.of(22, 53, 80, 443, 5557, 8000, API, API_TLS, ADMIN, 29500);

  private static final Set<String> ENGINES =
      Set.of("chat/acme", "chat/globex", "code/hooli", "code/initech");
  private static final Set<String> FETCHERS = Set.of("chat/fetch", "code/fetch");

  /** Public addresses: one of a hub. The rest of the addresses are private or a cloud's own. */
  private static final Set<String> PUBLIC = Set.of("hub", "hub over IPv6");

  private static final Set<String> ADDRESSES =
      Set.of("hub", "hub over IPv6", "metadata", "API server", "node", "database");

  private Path temp = Path.of("");
  private List<NetworkPolicy> policies = List.of();
  private List<Peer> peers = List.of();

  @BeforeAll
  void render(@TempDir Path folder) throws IOException {
    temp = folder;
    List<HasMetadata> objects = Rendering.of(MANIFEST, temp);
    policies =
        objects.stream()
            .filter(NetworkPolicy.class::isInstance)
            .map(NetworkPolicy.class::cast)
            .toList();
    peers = peers(objects);
  }

  private static List<Peer> peers(List<HasMetadata> objects) {
    List<Peer> all = new ArrayList<>();
    int number = 10;
    for (HasMetadata object : objects) {
      Map<String, String> labels =
          switch (object) {
            case Deployment d -> d.getSpec().getTemplate().getMetadata().getLabels();
            case Job j -> {
              // The Job controller adds its own.
              Map<String, String> more =
                  new HashMap<>(j.getSpec().getTemplate().getMetadata().getLabels());
              more.put("batch.kubernetes.io/job-name", j.getMetadata().getName());
              yield more;
            }
            default -> Map.of();
          };
      if (!labels.isEmpty()) {
        String role = labels.getOrDefault("ringfence.dev/tenant", "fetch");
        all.add(
            Peer.pod(
                labels.get("ringfence.dev/workload") + "/" + role,
                "10.1.0." + number++,
                "team",
                labels));
      }
    }
    Map<String, String> operator =
        Map.of("app.kubernetes.io/name", "ringfence", "app.kubernetes.io/component", "operator");
    all.add(Peer.pod("operator", "10.1.1.1", "ringfence-system", operator));
    all.add(Peer.pod("webhook test", "10.1.1.2", "ringfence-system", Map.of("app", "other")));
    all.add(Peer.pod("operator's double", "10.1.1.3", "other-team", operator));
    all.add(Peer.pod("prometheus", "10.1.1.4", "monitoring", Map.of("app", "prometheus")));
    all.add(Peer.pod("gateway", "10.1.1.5", "gateway", Map.of("app", "gateway")));
    all.add(Peer.pod("gateway's neighbour", "10.1.1.6", "gateway", Map.of("app", "other")));
    all.add(Peer.pod("portal", "10.1.1.7", "team", Map.of("app", "portal")));
    all.add(Peer.pod("stranger in the team", "10.1.1.8", "team", Map.of("app", "stranger")));
    all.add(Peer.pod("stranger", "10.1.1.9", "other-team", Map.of("app", "portal")));
    all.add(Peer.pod("dns", "10.1.1.53", "kube-system", Map.of("k8s-app", "kube-dns")));
    all.add(Peer.address("hub", "108.138.51.20"));
    all.add(Peer.address("hub over IPv6", "2600:9000:2000::20"));
    all.add(Peer.address("metadata", "169.254.169.254"));
    all.add(Peer.address("API server", "10.96.0.1"));
    all.add(Peer.address("node", "192.168.7.7"));
    all.add(Peer.address("database", "172.20.3.4"));
    return all;
  }

  private List<Traffic> everything() {
    List<Traffic> all = new ArrayList<>();
    for (Peer from : peers) {
      for (Peer to : peers) {
        if (from.equals(to) || (from.pod().isEmpty() && to.pod().isEmpty())) {
          continue;
        }
        PORTS.forEach(port -> all.add(new Traffic(from, to, port, "TCP")));
        all.add(new Traffic(from, to, 53, "UDP"));
      }
    }
    return all;
  }

  /** What the design says. */
  private static boolean may(Traffic t) {
    return out(t) && in(t);
  }

  private static boolean out(Traffic t) {
    String from = t.from().name();
    if (ENGINES.contains(from)) {
      return false;
    }
    return !FETCHERS.contains(from)
        || t.port() == 53
        || (t.port() == 443 && PUBLIC.contains(t.to().name()));
  }

  private static boolean in(Traffic t) {
    String from = t.from().name();
    String to = t.to().name();
    if (FETCHERS.contains(to)) {
      return false;
    }
    if (!ENGINES.contains(to)) {
      return true;
    }
    if (!t.protocol().equals("TCP")) {
      return false;
    }
    if (t.port() == ADMIN) {
      return from.equals("operator") || from.equals("prometheus");
    }
    if (t.port() != (to.equals("code/hooli") ? API_TLS : API)) {
      return false;
    }
    boolean sameNamespace = t.from().pod().map(p -> p.namespace().equals("team")).orElse(false);
    return from.equals("gateway")
        || (to.startsWith("chat/") ? sameNamespace : from.equals("portal"));
  }

  private List<String> differences(List<NetworkPolicy> given) throws IOException {
    List<Traffic> traffic = everything();
    List<Boolean> verdicts = Cyclonus.allowed(given, traffic, temp);
    return IntStream.range(0, traffic.size())
        .filter(i -> verdicts.get(i) != may(traffic.get(i)))
        .mapToObj(i -> traffic.get(i) + (verdicts.get(i) ? " passes" : " is stopped"))
        .toList();
  }

  @Test
  void everyPairIsAsTheDesignSays() throws IOException {
    assertThat(peers).extracting(Peer::name).containsAll(ENGINES).containsAll(FETCHERS);
    assertThat(peers).extracting(Peer::name).containsAll(ADDRESSES);
    List<Traffic> traffic = everything();
    assertThat(traffic.stream().filter(NetworkPoliciesIT::may)).isNotEmpty();
    assertThat(traffic.stream().filter(t -> !may(t))).hasSizeGreaterThan(1000);
    assertThat(differences(policies)).isEmpty();
  }

  /** Were there no policies, or the evaluator blind, every forbidden connection would pass. */
  @Test
  void theEvaluatorSeesWhenNothingIsClosed() throws IOException {
    NetworkPolicy elsewhere =
        new NetworkPolicyBuilder(policies.getFirst())
            .editMetadata()
            .withNamespace("elsewhere")
            .endMetadata()
            .build();
    long forbidden = everything().stream().filter(t -> !may(t)).count();
    assertThat(differences(List.of(elsewhere)))
        .hasSize(Math.toIntExact(forbidden))
        .allMatch(d -> d.endsWith(" passes"));
  }

  /** A policy of somebody else opens what ours closes: they add up. */
  @Test
  void theEvaluatorSeesWhenAnotherPolicyOpensThem() throws IOException {
    NetworkPolicy open =
        new NetworkPolicyBuilder()
            .withNewMetadata()
            .withName("open")
            .withNamespace("team")
            .endMetadata()
            .withNewSpec()
            .withNewPodSelector()
            .endPodSelector()
            .withPolicyTypes("Egress")
            .addNewEgress()
            .endEgress()
            .endSpec()
            .build();
    List<NetworkPolicy> given = new ArrayList<>(policies);
    given.add(open);
    assertThat(differences(given))
        .contains("chat/acme -> metadata:80/TCP passes", "chat/acme -> hub:443/TCP passes")
        .allMatch(d -> d.endsWith(" passes"));
  }

  /** One port more in one rule is one difference for each who may come in by it. */
  @Test
  void theEvaluatorSeesOnePortTooMany() throws IOException {
    List<NetworkPolicy> given =
        policies.stream()
            .map(
                p ->
                    p.getMetadata().getName().equals("code--initech")
                        ? new NetworkPolicyBuilder(p)
                            .editSpec()
                            .editFirstIngress()
                            .addNewPort()
                            .withProtocol("TCP")
                            .withNewPort(8000)
                            .endPort()
                            .endIngress()
                            .endSpec()
                            .build()
                        : p)
            .toList();
    assertThat(differences(given))
        .containsExactlyInAnyOrder(
            "portal -> code/initech:8000/TCP passes", "gateway -> code/initech:8000/TCP passes");
  }
}
