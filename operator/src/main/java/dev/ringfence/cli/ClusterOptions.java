package dev.ringfence.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.ringfence.inspect.Api;
import dev.ringfence.inspect.Unreachable;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** How commands that look at a cluster are told which one, spelt as kubectl spells it. */
final class ClusterOptions {
  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
  private static final int CONNECT_MILLIS = 5_000;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "The cluster; without it $KUBECONFIG, or ~/.kube/config.")
  private @Nullable Path kubeconfig;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      description = "The kubeconfig's context; default its current one.")
  private @Nullable String context;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      description = "The namespace to look at; default the context's.")
  private @Nullable String namespace;

  /** What is done with an open cluster. */
  interface Look {
    int at(Api api, KubernetesClient client);
  }

  /** The namespace that was named. */
  Optional<String> namespace() {
    if (namespace != null && !NAMESPACE.matcher(namespace).matches()) {
      throw new Unreachable(
          "-n takes the name of a namespace (lower-case letters, digits and dashes)");
    }
    return Optional.ofNullable(namespace);
  }

  /** The namespace that was named, else the context's. */
  String namespace(KubernetesClient client) {
    return namespace()
        .or(() -> Optional.ofNullable(client.getConfiguration().getNamespace()))
        .filter(n -> !n.isBlank())
        .orElse("default");
  }

  /**
   * @return the look's exit code, 2 when the cluster cannot be looked at
   */
  int look(PrintWriter err, Look look) {
    // What the client logs is no answer to the person who asked.
    if (LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME) instanceof Logger root) {
      root.setLevel(Level.OFF);
    }
    try (KubernetesClient client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(config())
                    .withRequestRetryBackoffLimit(0)
                    .withConnectionTimeout(CONNECT_MILLIS)
                    .build())
            .build()) {
      return look.at(new Api(client), client);
    } catch (Unreachable e) {
      err.println("ringfence: " + e.getMessage());
    } catch (KubernetesClientException e) {
      err.println(
          "ringfence: the kubeconfig names no cluster that can be used; kubectl config view");
    }
    return 2;
  }

  private Config config() {
    if (kubeconfig == null) {
      return Config.autoConfigure(context);
    }
    if (!Files.isReadable(kubeconfig)) {
      throw new Unreachable("the kubeconfig cannot be read; check the path and its permissions");
    }
    return Config.fromKubeconfig(context, kubeconfig.toFile());
  }
}
