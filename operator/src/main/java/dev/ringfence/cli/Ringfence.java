package dev.ringfence.cli;

import dev.ringfence.runtime.FirstHandshake;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code ringfence}: a Kubernetes operator for vLLM, and the same rules on the command line. */
@Command(
    name = "ringfence",
    description = "Judges, renders and runs vLLM workloads by six strict security rules.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = false)
public final class Ringfence implements Runnable {
  @CommandLine.Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Shows this help.")
  @SuppressWarnings("unused")
  private boolean help;

  @CommandLine.Spec private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

  private Ringfence() {}

  public static void main(String[] args) {
    if (isOperator(args)) {
      FirstHandshake.prepare();
    }
    System.exit(run(args));
  }

  static int run(String[] args) {
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    CommandLine line = new CommandLine(new Ringfence());
    commands(args).forEach(line::addSubcommand);
    line.setOut(new PrintWriter(System.out, false, StandardCharsets.UTF_8));
    line.setErr(err);
    line.setUsageHelpWidth(100);
    line.setExecutionExceptionHandler((e, command, parsed) -> fault(err, e));
    try {
      return line.execute(args);
    } catch (LinkageError | StackOverflowError | OutOfMemoryError e) {
      return fault(err, e);
    }
  }

  private static boolean isOperator(String[] args) {
    return args.length > 0 && args[0].equals("operator");
  }

  /**
   * All, or the operator alone when it is to start: to read the others' annotations is a tenth of
   * that.
   */
  private static List<?> commands(String[] args) {
    return isOperator(args)
        ? List.of(new OperatorCommand())
        : List.of(
            new ValidateCommand(),
            new RenderCommand(),
            new ExplainCommand(),
            new InitCommand(),
            new KeysCommand(),
            new DoctorCommand(),
            new TreeCommand(),
            new WhyCommand(),
            new EvidenceCommand(),
            new ChatCommand(),
            new OperatorCommand());
  }

  /** A defect of ours: said without a trace, which may hold a user's text. */
  private static int fault(PrintWriter err, Throwable e) {
    err.println(
        "ringfence: a fault of Ringfence itself ("
            + e.getClass().getSimpleName()
            + "); please report it with the command that you ran");
    return 2;
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        Objects.requireNonNull(spec).commandLine(), "a command is needed");
  }
}
