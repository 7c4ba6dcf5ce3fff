package dev.ringfence.render;

import dev.ringfence.rules.TrustedModel.Source.HuggingFace;
import dev.ringfence.rules.Workload;
import dev.ringfence.rules.Workload.LabelSelector;
import dev.ringfence.rules.Workload.Peer;
import dev.ringfence.rules.Workload.Tenant;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRuleBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeerBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpecBuilder;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Who may talk to whom. A rule without a peer would match every source, so a rule is only written
 * for peers that are there.
 */
final class NetworkRules {
  private static final int HTTPS = 443;
  private static final int DNS = 53;

  /** Private, shared, link-local (metadata services), loopback, benchmark, multicast, reserved. */
  private static final List<String> NOT_PUBLIC_4 =
      List.of(
          "0.0.0.0/8",
          "10.0.0.0/8",
          "100.64.0.0/10",
          "127.0.0.0/8",
          "168.63.129.16/32", // Azure's wire server, a public address
          "169.254.0.0/16",
          "172.16.0.0/12",
          "192.0.0.0/24", // Oracle's metadata service among others
          "192.168.0.0/16",
          "198.18.0.0/15",
          "224.0.0.0/4",
          "240.0.0.0/4");

  private static final List<String> NOT_PUBLIC_6 =
      List.of("::1/128", "fc00::/7", "fe80::/10", "ff00::/8");

  private NetworkRules() {}

  /** In: clients to the guard, operator and monitoring to its admin port. Out: nothing. */
  static NetworkPolicySpec serving(Workload w, Tenant t, RenderContext.OperatorPods operator) {
    List<NetworkPolicyPeer> clients =
        Stream.concat(w.api().allowFrom().stream(), w.platform().clients().stream())
            .distinct()
            .map(NetworkRules::peer)
            .toList();
    List<NetworkPolicyPeer> readers =
        Stream.concat(
                Stream.of(peer(operator)),
                w.platform().monitoring().stream().distinct().map(NetworkRules::peer))
            .toList();
    List<NetworkPolicyIngressRule> in = new ArrayList<>();
    if (!clients.isEmpty()) {
      in.add(ingress(clients, Ports.api(t)));
    }
    in.add(ingress(readers, Ports.ADMIN));
    return new NetworkPolicySpecBuilder()
        .withPodSelector(new LabelSelectorBuilder().withMatchLabels(Names.selector(w, t)).build())
        .withPolicyTypes("Ingress", "Egress")
        .withIngress(in)
        .build();
  }

  /** In: nothing. Out: names, the public hub or proxy, and what the policy adds. */
  static NetworkPolicySpec fetch(Workload w, HuggingFace source) {
    TreeSet<Integer> ports = new TreeSet<>(List.of(HTTPS, port(source.endpoint())));
    w.platform().fetch().httpsProxy().ifPresent(proxy -> ports.add(port(proxy)));
    List<NetworkPolicyPort> tcp = ports.stream().map(p -> port("TCP", p)).toList();

    List<NetworkPolicyEgressRule> out = new ArrayList<>();
    out.add(
        new NetworkPolicyEgressRuleBuilder().withPorts(port("UDP", DNS), port("TCP", DNS)).build());
    out.add(
        new NetworkPolicyEgressRuleBuilder()
            .withTo(block("0.0.0.0/0", NOT_PUBLIC_4), block("::/0", NOT_PUBLIC_6))
            .withPorts(tcp)
            .build());
    List<NetworkPolicyPeer> added =
        w.platform().fetch().egressCidrs().stream().map(c -> block(c, List.of())).toList();
    if (!added.isEmpty()) {
      out.add(new NetworkPolicyEgressRuleBuilder().withTo(added).withPorts(tcp).build());
    }
    return new NetworkPolicySpecBuilder()
        .withPodSelector(
            new LabelSelectorBuilder().withMatchLabels(Names.selector(w, Names.FETCH)).build())
        .withPolicyTypes("Ingress", "Egress")
        .withEgress(out)
        .build();
  }

  /** The port of a URL that was accepted. */
  private static int port(String url) {
    URI uri = URI.create(url);
    return uri.getPort() >= 0 ? uri.getPort() : "http".equals(uri.getScheme()) ? 80 : HTTPS;
  }

  private static NetworkPolicyIngressRule ingress(List<NetworkPolicyPeer> from, int port) {
    return new NetworkPolicyIngressRuleBuilder()
        .withFrom(from)
        .withPorts(port("TCP", port))
        .build();
  }

  private static NetworkPolicyPort port(String protocol, int port) {
    return new NetworkPolicyPortBuilder()
        .withProtocol(protocol)
        .withPort(new IntOrString(port))
        .build();
  }

  private static NetworkPolicyPeer block(String cidr, List<String> except) {
    return new NetworkPolicyPeerBuilder()
        .withNewIpBlock()
        .withCidr(cidr)
        .withExcept(except)
        .endIpBlock()
        .build();
  }

  private static NetworkPolicyPeer peer(RenderContext.OperatorPods operator) {
    return new NetworkPolicyPeerBuilder()
        .withNamespaceSelector(
            new LabelSelectorBuilder()
                .withMatchLabels(Map.of("kubernetes.io/metadata.name", operator.namespace()))
                .build())
        .withPodSelector(new LabelSelectorBuilder().withMatchLabels(operator.labels()).build())
        .build();
  }

  /** A peer that names neither namespaces nor pods is every pod of the own namespace. */
  private static NetworkPolicyPeer peer(Peer p) {
    Optional<LabelSelector> pods =
        p.namespaceSelector().isPresent() || p.podSelector().isPresent()
            ? p.podSelector()
            : Optional.of(new LabelSelector(new java.util.TreeMap<>(), List.of()));
    NetworkPolicyPeerBuilder b = new NetworkPolicyPeerBuilder();
    p.namespaceSelector().map(NetworkRules::selector).ifPresent(b::withNamespaceSelector);
    pods.map(NetworkRules::selector).ifPresent(b::withPodSelector);
    return b.build();
  }

  private static io.fabric8.kubernetes.api.model.LabelSelector selector(LabelSelector s) {
    LabelSelectorBuilder b = new LabelSelectorBuilder().withMatchLabels(s.matchLabels());
    s.matchExpressions()
        .forEach(
            r ->
                b.addNewMatchExpression()
                    .withKey(r.key())
                    .withOperator(r.operator())
                    .withValues(r.values())
                    .endMatchExpression());
    return b.build();
  }
}
