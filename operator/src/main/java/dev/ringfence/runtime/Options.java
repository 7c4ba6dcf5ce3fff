package dev.ringfence.runtime;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;

/**
 * How to run the operator.
 *
 * @param namespace the operator's own: its lease, its argument tables, its pods
 * @param podLabels of its own pods, which guards let read their state
 * @param watch the namespaces whose workloads it governs; empty for all
 * @param guardImage rendered into the pods, by digest
 * @param apiServer what serving pods must not reach, {@code HOST:PORT}; empty for the address that
 *     this program itself uses
 * @param listenHost where health and metrics are served
 * @param listenPort 0 for a free one
 * @param leaderElection whether several may run, of which one acts
 * @param identity of this process among several
 * @param askGuards whether guards are asked for their state; not where pods are simulated
 * @param resync how often everything is looked at though nothing has happened
 * @param clock what time it is
 */
public record Options(
    String namespace,
    Map<String, String> podLabels,
    Set<String> watch,
    String guardImage,
    String apiServer,
    String listenHost,
    int listenPort,
    boolean leaderElection,
    String identity,
    boolean askGuards,
    Duration resync,
    InstantSource clock) {

  /** As the install manifests run it. */
  public static Options of(String namespace, String guardImage) {
    return new Options(
        namespace,
        Map.of("app.kubernetes.io/name", "ringfence", "app.kubernetes.io/component", "operator"),
        Set.of(),
        guardImage,
        "",
        "0.0.0.0",
        8081,
        true,
        identity(System.getenv()),
        true,
        Duration.ofMinutes(10),
        InstantSource.system());
  }

  private static String identity(Map<String, String> environment) {
    String host = environment.getOrDefault("HOSTNAME", "");
    return host.isBlank() ? "operator-" + ProcessHandle.current().pid() : host;
  }

  public Options withWatch(Set<String> namespaces) {
    return new Options(
        namespace,
        podLabels,
        Set.copyOf(namespaces),
        guardImage,
        apiServer,
        listenHost,
        listenPort,
        leaderElection,
        identity,
        askGuards,
        resync,
        clock);
  }

  public Options withApiServer(String hostAndPort) {
    return new Options(
        namespace,
        podLabels,
        watch,
        guardImage,
        hostAndPort,
        listenHost,
        listenPort,
        leaderElection,
        identity,
        askGuards,
        resync,
        clock);
  }

  public Options withListen(String host, int port) {
    return new Options(
        namespace,
        podLabels,
        watch,
        guardImage,
        apiServer,
        host,
        port,
        leaderElection,
        identity,
        askGuards,
        resync,
        clock);
  }

  public Options withLeaderElection(boolean on, String who) {
    return new Options(
        namespace,
        podLabels,
        watch,
        guardImage,
        apiServer,
        listenHost,
        listenPort,
        on,
        who,
        askGuards,
        resync,
        clock);
  }

  public Options withAskGuards(boolean on) {
    return new Options(
        namespace,
        podLabels,
        watch,
        guardImage,
        apiServer,
        listenHost,
        listenPort,
        leaderElection,
        identity,
        on,
        resync,
        clock);
  }

  public Options withResync(Duration every, InstantSource time) {
    return new Options(
        namespace,
        podLabels,
        watch,
        guardImage,
        apiServer,
        listenHost,
        listenPort,
        leaderElection,
        identity,
        askGuards,
        every,
        time);
  }
}
