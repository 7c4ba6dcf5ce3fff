package dev.ringfence.cli;

import dev.ringfence.inspect.Keys;
import dev.ringfence.inspect.Subject;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
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
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    /** Entries by which the guard knows a Secret that was never meant to hold keys. */
    private static final Set<String> RESERVED =
        Set.of(
            "tls.crt",
            "tls.key",
            "ca.crt",
            "token",
            "namespace",
            ".dockerconfigjson",
            "username",
            "password",
            "ssh-privatekey");

    @Parameters(
        paramLabel = "ID",
        description = "Who the key is for: 1 to 64 letters, digits and . _ -")
    private String id = "";

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
      if (!ID.matcher(id).matches()
          || RESERVED.contains(id)
          || id.equals(".")
          || id.startsWith("..")) {
        spec.commandLine()
            .getErr()
            .println(
                "ringfence: a key id has 1 to 64 letters, digits and . _ - and is no name that"
                    + " other Secrets use, such as tls.crt or token; choose another");
        return 2;
      }
      byte[] random = new byte[32];
      new SecureRandom().nextBytes(random);
      String key = "rf-" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
      PrintWriter out = spec.commandLine().getOut();
      out.println("key for the client, shown only now:");
      out.println("  " + key);
      out.println("entry for the Secret (kubectl edit secret NAME, or its manifest in Git):");
      out.println("  stringData:");
      out.println("    " + id + ": " + line(key));
      out.flush();
      return 0;
    }

    private static String line(String key) {
      try {
        byte[] digest =
            MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
        return "sha256:" + HexFormat.of().formatHex(digest);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }
  }
}
