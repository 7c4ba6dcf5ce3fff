package dev.ringfence.e2e;

import dev.ringfence.e2e.cluster.AuditEvent;
import dev.ringfence.e2e.cluster.AuditLog;
import dev.ringfence.e2e.cluster.StandingControlPlane;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code audit}: who wrote what, counted from the API server's own log. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description =
        "Counts the writes in an API server's audit log by user, verb, resource and answer.")
@SuppressWarnings("NullAway.Init") // picocli sets the fields
final class AuditCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--log",
      paramLabel = "FILE",
      description = "the log (default: that of the control plane of 'local up')")
  private @Nullable Path log;

  @Option(names = "--user", description = "only this user's writes")
  private @Nullable String user;

  @Override
  public Integer call() {
    var file = log;
    if (file == null) {
      var found = StandingControlPlane.find();
      if (found.isEmpty()) {
        spec.commandLine()
            .getErr()
            .println("The control plane is not up. Start it, or name a log with --log FILE.");
        return 1;
      }
      file = found.get().auditLog();
    }
    if (!Files.isReadable(file)) {
      spec.commandLine().getErr().println("cannot read " + file);
      return 1;
    }
    var writes =
        AuditLog.read(file).stream()
            .filter(AuditEvent::isWrite)
            .filter(event -> user == null || user.equals(event.user()))
            .toList();
    var out = spec.commandLine().getOut();
    AuditLog.count(
            writes,
            event ->
                "%s %s %s %d".formatted(event.user(), event.verb(), event.resource(), event.code()))
        .forEach((kind, count) -> out.printf("%6d  %s%n", count, kind));
    out.printf("%6d  writes in all%n", writes.size());
    out.flush();
    return 0;
  }
}
