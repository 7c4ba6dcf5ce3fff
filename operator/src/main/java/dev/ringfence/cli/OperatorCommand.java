package dev.ringfence.cli;

import dev.ringfence.admission.Admission;
import dev.ringfence.runtime.Options;
import dev.ringfence.runtime.RingfenceOperator;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "operator",
    description = "Runs the operator against a cluster until it is told to stop (SIGTERM).",
    footer = {"", "Serves /livez, /readyz and /metrics. Logs are JSON lines on standard output."})
final class OperatorCommand implements Callable<Integer> {
  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description =
          "The cluster; without it $KUBECONFIG, the pod's own account, or ~/.kube/config.")
  private @Nullable Path kubeconfig;

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      description = "The operator's own; default ringfence-system.")
  private String namespace = "ringfence-system";

  @Option(
      names = "--watch",
      paramLabel = "NAMESPACE",
      description = "Govern this namespace only. Repeats; default all.")
  private List<String> watch = List.of();

  @Option(
      names = "--guard-image",
      paramLabel = "IMAGE@DIGEST",
      description = "The guard's image, rendered into pods.")
  private String guardImage = RenderCommand.UNKNOWN_GUARD;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "Health and metrics; default 0.0.0.0:8081, port 0 is a free one.")
  private String listen = "0.0.0.0:8081";

  @Option(
      names = "--webhook",
      paramLabel = "HOST:PORT",
      description = "Serves the admission webhook, as 0.0.0.0:9443; default not at all.")
  private String webhook = "";

  @Option(
      names = "--webhook-name",
      paramLabel = "NAME",
      description =
          "How the API server calls the webhook, for its certificate. Repeats; default the Service"
              + " ringfence-webhook.")
  private List<String> webhookNames = List.of();

  @Option(
      names = "--webhook-certificates",
      paramLabel = "DIR",
      description =
          "Its tls.crt and tls.key, read again when they change; default the operator makes its"
              + " own.")
  private @Nullable Path webhookCertificates;

  @Option(names = "--no-leader-election", description = "This is the only operator of the cluster.")
  private boolean alone;

  @Option(
      names = "--no-guard-state",
      description = "Do not ask guards for their state: pods are simulated.")
  private boolean simulated;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    int colon = listen.lastIndexOf(':');
    Optional<Integer> port = colon < 1 ? Optional.empty() : port(listen.substring(colon + 1));
    if (port.isEmpty()) {
      err.println("ringfence: --listen takes HOST:PORT, as 0.0.0.0:8081");
      return 2;
    }
    Optional<Admission.Options> admission = Optional.empty();
    if (!webhook.isEmpty()) {
      admission = admission();
      if (admission.isEmpty()) {
        err.println("ringfence: --webhook takes HOST:PORT, as 0.0.0.0:9443");
        return 2;
      }
    }
    Config config;
    try {
      config = config();
    } catch (IOException e) {
      err.println("ringfence: the kubeconfig cannot be read; check the path and its permissions");
      return 2;
    }
    Options options =
        Options.of(namespace, guardImage).withListen(listen.substring(0, colon), port.get());
    options = watch.isEmpty() ? options : options.withWatch(new HashSet<>(watch));
    options = simulated ? options.withAskGuards(false) : options;
    options = alone ? options.withLeaderElection(false, options.identity()) : options;
    try (RingfenceOperator operator = RingfenceOperator.start(config, options, admission)) {
      Runtime.getRuntime().addShutdownHook(new Thread(operator::close, "shutdown"));
      if (!operator.await()) {
        err.println("ringfence: the lease is lost, another operator may act now; this one ends");
        err.flush();
        // At once: what is under way would be a second writer.
        Runtime.getRuntime().halt(1);
      }
      return 0;
    } catch (IllegalStateException e) {
      err.println("ringfence: the operator cannot start: " + e.getMessage());
      return 1;
    } catch (KubernetesClientException e) {
      err.println(
          "ringfence: the API server cannot be reached or refuses us (code "
              + e.getCode()
              + "); check the kubeconfig, the network and the operator's ClusterRole");
      return 1;
    }
  }

  private Optional<Admission.Options> admission() {
    int colon = webhook.lastIndexOf(':');
    return colon < 1
        ? Optional.empty()
        : port(webhook.substring(colon + 1))
            .map(
                p ->
                    new Admission.Options(
                        namespace,
                        webhook.substring(0, colon),
                        p,
                        Optional.ofNullable(webhookCertificates),
                        webhookNames.isEmpty()
                            ? Admission.Options.of(namespace).names()
                            : webhookNames));
  }

  private static Optional<Integer> port(String text) {
    return text.matches("[0-9]{1,5}") && Integer.parseInt(text) <= 65_535
        ? Optional.of(Integer.parseInt(text))
        : Optional.empty();
  }

  private Config config() throws IOException {
    return kubeconfig == null
        ? new ConfigBuilder().build()
        : Config.fromKubeconfig(Files.readString(kubeconfig));
  }
}
