package dev.ringfence.runtime;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

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
    return with(draft -> draft.watch = Set.copyOf(namespaces));
  }

  public Options withApiServer(String hostAndPort) {
    return with(draft -> draft.apiServer = hostAndPort);
  }

  public Options withListen(String host, int port) {
    return with(
        draft -> {
          draft.listenHost = host;
          draft.listenPort = port;
        });
  }

  public Options withLeaderElection(boolean on, String who) {
    return with(
        draft -> {
          draft.leaderElection = on;
          draft.identity = who;
        });
  }

  public Options withAskGuards(boolean on) {
    return with(draft -> draft.askGuards = on);
  }

  public Options withResync(Duration every, InstantSource time) {
    return with(
        draft -> {
          draft.resync = every;
          draft.clock = time;
        });
  }

  private Options with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** A copy while one value of it is another. */
  private static final class Draft {
    private final Options before;
    private Set<String> watch;
    private String apiServer;
    private String listenHost;
    private int listenPort;
    private boolean leaderElection;
    private String identity;
    private boolean askGuards;
    private Duration resync;
    private InstantSource clock;

    Draft(Options before) {
      this.before = before;
      this.watch = before.watch;
      this.apiServer = before.apiServer;
      this.listenHost = before.listenHost;
      this.listenPort = before.listenPort;
      this.leaderElection = before.leaderElection;
      this.identity = before.identity;
      this.askGuards = before.askGuards;
      this.resync = before.resync;
      this.clock = before.clock;
    }

    Options options() {
      return new Options(
          before.namespace,
          before.podLabels,
          watch,
          before.guardImage,
          apiServer,
          listenHost,
          listenPort,
          leaderElection,
          identity,
          askGuards,
          resync,
          clock);
    }
  }
}
