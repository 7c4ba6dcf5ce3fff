package dev.ringfence.cli;

import dev.ringfence.inspect.Api;
import dev.ringfence.inspect.FirstAnswer;
import dev.ringfence.inspect.Subject;
import dev.ringfence.inspect.Unreachable;
import dev.ringfence.inspect.Why;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "chat",
    description = {
      "Asks a workload one question through its guard and prints the answer: whether all of it"
          + " works.",
      "Waits until the workload is ready, then forwards a port to one of its pods."
    },
    footer = {
      "",
      "Exit code: 0 an answer, 1 the guard refuses, 2 it cannot be asked.",
      "Example: ringfence chat chat -n team-a --key-file alice.key \"Say hello.\""
    })
final class ChatCommand implements Callable<Integer> {
  private static final int GUARD = 8080;
  private static final Duration PAUSE = Duration.ofSeconds(2);

  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Parameters(index = "0", paramLabel = "WORKLOAD", description = "The name of a VLLMDeployment.")
  private String workload = "";

  @Parameters(index = "1", paramLabel = "QUESTION", description = "What to ask.")
  private String question = "";

  @Option(
      names = "--key-file",
      required = true,
      paramLabel = "FILE",
      description = "Holds the API key; never given as an argument, which others can see.")
  private Path keyFile = Path.of("");

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      description = "Which tenant's engine; default the first.")
  private @Nullable String tenant;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description = "How long to wait until it is ready; default 1800.")
  private int patience = 1800;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    String key;
    try {
      key = Files.readString(keyFile).strip();
    } catch (IOException e) {
      err.println("ringfence: the key file cannot be read; check the path and its permissions");
      return 2;
    }
    return cluster.look(err, (api, client) -> ask(api, client, key));
  }

  private int ask(Api api, KubernetesClient client, String key) {
    String namespace = cluster.namespace(client);
    Subject subject = await(api, namespace);
    FirstAnswer.Target target = FirstAnswer.target(subject, tenant == null ? "" : tenant);
    try (LocalPortForward forward =
        client.pods().inNamespace(namespace).withName(target.pod()).portForward(GUARD)) {
      FirstAnswer answer =
          FirstAnswer.ask(
              URI.create("http://127.0.0.1:" + forward.getLocalPort()),
              target.model(),
              key,
              question);
      PrintWriter out = answer.given() ? spec.commandLine().getOut() : spec.commandLine().getErr();
      out.println(answer.text());
      out.flush();
      return answer.given() ? 0 : 1;
    } catch (IOException | KubernetesClientException e) {
      throw new Unreachable(
          "no port can be forwarded to the pod "
              + target.pod()
              + "; may you? kubectl auth can-i create pods/portforward -n "
              + namespace);
    }
  }

  private Subject await(Api api, String namespace) {
    PrintWriter err = spec.commandLine().getErr();
    Instant end = Instant.now().plusSeconds(patience);
    String said = "";
    while (true) {
      Subject subject = Subject.read(api, namespace, workload);
      if (Why.ready(subject)) {
        return subject;
      }
      String line = Why.of(subject).lines().limit(2).reduce("", (a, b) -> a + b.strip() + " ");
      if (Instant.now().isAfter(end)) {
        throw new Unreachable(line.strip() + "; ./ringfence why " + workload + " -n " + namespace);
      }
      if (!line.equals(said)) {
        err.println(line.strip());
        said = line;
      }
      try {
        Thread.sleep(PAUSE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Unreachable("interrupted");
      }
    }
  }
}
