package dev.ringfence.cli;

import dev.ringfence.inspect.Keys;
import dev.ringfence.inspect.Subject;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "keys",
    description = "Makes API keys, and shows whose keys of a workload are in force; never a key.",
    synopsisSubcommandLabel = "[new]",
    footer = {
      "",
      "Exit code with WORKLOAD: 0 every tenant has keys, 1 one has none, 2 it cannot be looked at.",
      "Example: kubectl ringfence keys chat -n team-a"
    },
    subcommands = {KeysCommand.New.class})
final class KeysCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Parameters(
      arity = "0..1",
      paramLabel = "WORKLOAD",
      description = "The name of a VLLMDeployment.")
  private @Nullable String workload;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    String name = workload;
    if (name == null) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "say what to do: ringfence keys new ID, or ringfence keys WORKLOAD");
    }
    PrintWriter out = spec.commandLine().getOut();
    return cluster.look(
        spec.commandLine().getErr(),
        (api, client) -> {
          Subject subject = Subject.read(api, cluster.namespace(client), name);
          out.print(Keys.of(subject));
          out.flush();
          return Keys.complete(subject) ? 0 : 1;
        });
  }

  @Command(
      name = "new",
      description =
          "Prints a new key, once, and the line that goes into the Secret. The key itself is stored"
              + " nowhere.",
      footer = {"", "Example: ringfence keys new alice"})
  static final class New implements Callable<Integer> {
    @Parameters(
        paramLabel = "ID",
        description = "Who the key is for: 1 to 64 letters, digits and . _ -")
    private String id = "";

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
      if (!ApiKey.isId(id)) {
        spec.commandLine().getErr().println("ringfence: " + ApiKey.ID_RULE);
        return 2;
      }
      ApiKey made = ApiKey.fresh();
      PrintWriter out = spec.commandLine().getOut();
      out.println("key for the client, shown only now:");
      out.println("  " + made.key());
      out.println("entry for the Secret (kubectl edit secret NAME, or its manifest in Git):");
      out.println("  stringData:");
      out.println("    " + id + ": " + made.line());
      out.flush();
      return 0;
    }
  }
}
