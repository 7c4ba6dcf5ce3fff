package dev.ringfence.reconcile;

import dev.ringfence.rules.Workload;
import dev.ringfence.rules.Workload.LabelSelector;
import dev.ringfence.rules.Workload.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Who may reach the guards, in words: a closed network shows as a silent timeout, so it must stand
 * somewhere.
 */
final class Peers {
  private Peers() {}

  static String text(Workload workload) {
    List<String> peers =
        Stream.concat(workload.api().allowFrom().stream(), workload.platform().clients().stream())
            .map(peer -> text(peer, workload.namespace()))
            .distinct()
            .toList();
    return peers.isEmpty() ? "nobody" : String.join("; ", peers);
  }

  private static String text(Peer peer, String namespace) {
    String pods =
        peer.podSelector()
            .filter(s -> !empty(s))
            .map(s -> "pods with " + text(s))
            .orElse("every pod");
    String where =
        peer.namespaceSelector()
            .map(s -> empty(s) ? "every namespace" : "namespaces with " + text(s))
            .orElse("namespace " + namespace);
    return pods + " of " + where;
  }

  private static boolean empty(LabelSelector selector) {
    return selector.matchLabels().isEmpty() && selector.matchExpressions().isEmpty();
  }

  private static String text(LabelSelector selector) {
    List<String> parts = new ArrayList<>();
    selector.matchLabels().forEach((key, value) -> parts.add(key + "=" + value));
    selector
        .matchExpressions()
        .forEach(
            e ->
                parts.add(
                    e.key()
                        + " "
                        + e.operator()
                        + Optional.of(e.values())
                            .filter(v -> !v.isEmpty())
                            .map(v -> " " + v)
                            .orElse("")));
    return String.join(", ", parts);
  }
}
