package dev.ringfence.e2e;

import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.demo.DemoCommand;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Entry of the programs that need the end-to-end module: {@code local}, {@code kind}, {@code demo},
 * {@code audit}, {@code scale}.
 */
@Command(
    name = "ringfence",
    subcommands = {
      FootprintCommand.class,
      ImagesCommand.class,
      KindCommand.class,
      LocalCommand.class,
      AuditCommand.class,
      DemoCommand.class,
      ScaleCommand.class
    },
    mixinStandardHelpOptions = true,
    description = "The part of ringfence that runs a real Kubernetes control plane.")
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  private Main() {}

  /** Exits with 0, with 1 after one message on standard error, or with 2 on wrong usage. */
  public static void main(String[] args) {
    // Libraries' notes are not for the person who typed the command.
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("logback.configurationFile", "dev/ringfence/e2e/logback.xml");
    }
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              if (failure instanceof ControlPlaneException
                  || failure instanceof UncheckedIOException) {
                command.getErr().println(failure.getMessage());
                return 1;
              }
              throw failure;
            });
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }
}
