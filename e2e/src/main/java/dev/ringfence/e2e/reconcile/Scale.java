package dev.ringfence.e2e.reconcile;

import dev.ringfence.e2e.cluster.AuditEvent;
import dev.ringfence.e2e.cluster.AuditLog;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.resources.RawWorkload;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Counts what the operator writes for a number of workloads, from the API server's audit log. */
public final class Scale {
  /** Apart from making it, a workload costs nothing but two writes of its status. */
  private static final int RESYNCS = 10;

  private static final Duration RESYNC = Duration.ofSeconds(2);

  private Scale() {}

  /**
   * @param workloads how many, of one tenant each
   * @param children objects that the workloads have in the end, records included
   * @param creating writes until all are Ready
   * @param resyncs writes during ten resyncs of all
   * @param restart writes after a restart of the operator
   * @param readyAfter from the first apply until all are Ready
   * @param kinds writes until all are Ready, by verb and resource
   * @param idle writes in the resyncs and after the restart, by verb and resource
   */
  public record Figures(
      int workloads,
      int children,
      long creating,
      long resyncs,
      long restart,
      Duration readyAfter,
      Map<String, Long> kinds,
      Map<String, Long> idle) {

    /** For people. */
    public String table() {
      return """
          workloads                        %,10d
          objects of the workloads         %,10d
          writes until all are Ready       %,10d   (at most objects + 2 a workload: %,d)
          writes in ten resyncs            %,10d
          writes after a restart           %,10d
          until all are Ready              %,10.1f s
          """
          .formatted(
              workloads,
              children,
              creating,
              children + 2L * workloads,
              resyncs,
              restart,
              readyAfter.toMillis() / 1000.0);
    }
  }

  /** Starts the operator, makes the workloads, and counts. The operator runs afterwards. */
  public static Figures measure(
      LocalControlPlane plane, Bench bench, String namespace, int workloads) {
    AuditLog audit = plane.auditLog();
    bench.apply(Samples.policy());
    bench.editPolicy(
        spec -> spec.putObject("limits").put("workloadsPerNamespace", Math.max(50, workloads)));
    bench.apply(Samples.imageModel("mistral"));
    bench.resync(RESYNC).start();
    AuditLog.Mark before = audit.mark();
    Instant start = Instant.now();
    List<RawWorkload> all = new ArrayList<>();
    for (int i = 0; i < workloads; i++) {
      all.add(bench.apply(Samples.workload(namespace, "w" + i, "mistral", "acme")));
    }
    all.forEach(w -> bench.awaitReady(w, Duration.ofMinutes(10)));
    Duration readyAfter = Duration.between(start, Instant.now());
    // What is still under way (the record of being Ready, a last number in a status) belongs to the
    // making.
    Bench.pause(Duration.ofSeconds(6));
    AuditLog.Mark made = audit.mark();
    Bench.pause(RESYNC.multipliedBy(RESYNCS));
    AuditLog.Mark resynced = audit.mark();
    bench.stop();
    AuditLog.Mark stopped = audit.mark();
    bench.start();
    Bench.pause(RESYNC.multipliedBy(2).plusSeconds(workloads / 20));
    AuditLog.Mark restarted = audit.mark();
    List<AuditEvent> creating = writes(audit, before, made, namespace);
    List<AuditEvent> resyncs = writes(audit, made, resynced, namespace);
    List<AuditEvent> restart = writes(audit, stopped, restarted, namespace);
    return new Figures(
        workloads,
        children(bench, namespace),
        creating.size(),
        resyncs.size(),
        restart.size(),
        readyAfter,
        AuditLog.count(creating, e -> e.verb() + " " + e.resource()),
        AuditLog.count(
            Stream.concat(resyncs.stream(), restart.stream()).toList(),
            e -> e.verb() + " " + e.resource()));
  }

  private static List<AuditEvent> writes(
      AuditLog audit, AuditLog.Mark from, AuditLog.Mark to, String namespace) {
    return audit.between(
        from,
        to,
        e -> e.isWrite() && e.user().equals(Bench.OPERATOR) && e.namespace().equals(namespace));
  }

  /** Objects with our label, and the records. */
  private static int children(Bench bench, String namespace) {
    var client = bench.client();
    String ours = "ringfence.dev/workload";
    return client.serviceAccounts().inNamespace(namespace).withLabel(ours).list().getItems().size()
        + client.configMaps().inNamespace(namespace).withLabel(ours).list().getItems().size()
        + client.services().inNamespace(namespace).withLabel(ours).list().getItems().size()
        + client
            .apps()
            .deployments()
            .inNamespace(namespace)
            .withLabel(ours)
            .list()
            .getItems()
            .size()
        + client
            .network()
            .v1()
            .networkPolicies()
            .inNamespace(namespace)
            .withLabel(ours)
            .list()
            .getItems()
            .size()
        + client.batch().v1().jobs().inNamespace(namespace).withLabel(ours).list().getItems().size()
        + client
            .persistentVolumeClaims()
            .inNamespace(namespace)
            .withLabel(ours)
            .list()
            .getItems()
            .size()
        + client
            .policy()
            .v1()
            .podDisruptionBudget()
            .inNamespace(namespace)
            .withLabel(ours)
            .list()
            .getItems()
            .size()
        + client
            .apps()
            .controllerRevisions()
            .inNamespace(namespace)
            .withLabel(ours)
            .list()
            .getItems()
            .size();
  }
}
