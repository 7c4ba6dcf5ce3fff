package dev.ringfence.e2e.install;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.reconcile.Bench;
import dev.ringfence.e2e.reconcile.Samples;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The chart, installed by the real helm on a control plane of its own. Nodes are simulated, so the
 * operator of the release is kept from being scheduled; it runs as a process instead, as the
 * ServiceAccount that the release made, and the API server calls its webhook through the release's
 * own Service.
 */
final class Release implements AutoCloseable {
  static final String GUARD_DIGEST = "sha256:" + "d".repeat(64);

  /** With it the API server calls a Service's endpoints itself, as there is no kube-proxy. */
  private static final String CALLS_ENDPOINTS = "--enable-aggregator-routing=true";

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final LocalControlPlane plane;
  private final Helm helm;
  private final Map<String, OperatorProcess> operators = new LinkedHashMap<>();

  private Release(LocalControlPlane plane, Helm helm) {
    this.plane = plane;
    this.helm = helm;
  }

  /** A control plane without anything of ours. */
  static Release none(Path home, ControlPlaneOptions options, String... apiServerFlags) {
    String[] flags =
        Stream.concat(Stream.of(CALLS_ENDPOINTS), Stream.of(apiServerFlags)).toArray(String[]::new);
    LocalControlPlane plane = LocalControlPlane.start(options.withApiServerFlags(flags));
    return new Release(plane, Helm.on(plane.kubeconfig(), home));
  }

  /** The chart with the values of everybody. */
  Release install(String... more) {
    helm.run(arguments("install", ChartFiles.CHART, more));
    return this;
  }

  Release upgrade(Path chart, String... more) {
    helm.run(arguments("upgrade", chart, more));
    return this;
  }

  static String[] arguments(String verb, Path chart, String... more) {
    return Stream.concat(
            Stream.of(
                verb,
                ChartFiles.RELEASE,
                chart.toString(),
                "--namespace=" + ChartFiles.NAMESPACE,
                "--create-namespace",
                "--set=guard.image.repository=registry.example/ringfence/guard",
                "--set=guard.image.digest=" + GUARD_DIGEST,
                "--set-string=nodeSelector.simulated=never"),
            Stream.of(more))
        .toArray(String[]::new);
  }

  Helm helm() {
    return helm;
  }

  LocalControlPlane plane() {
    return plane;
  }

  KubernetesClient client() {
    return plane.client();
  }

  /** One replica of the operator; with a second one, one of them leads. */
  void start(String identity, String guardImage) {
    start(identity, guardImage, "");
  }

  /**
   * @param build what it takes itself for; empty for the build that is tested
   */
  void start(String identity, String guardImage, String build) {
    OperatorProcess operator =
        OperatorProcess.start(plane, helm.home(), identity, guardImage, build);
    operators.put(identity, operator);
    serve(identity, operator.webhookPort());
    try {
      awaitWebhook();
    } catch (AssertionError e) {
      throw new AssertionError(String.join("\n", operator.lastLines()), e);
    }
  }

  void stop(String identity) {
    OperatorProcess operator = operators.remove(identity);
    if (operator != null) {
      client()
          .discovery()
          .v1()
          .endpointSlices()
          .inNamespace(ChartFiles.NAMESPACE)
          .withName(identity)
          .delete();
      operator.close();
    }
  }

  private void serve(String identity, int port) {
    client()
        .resource(
            new EndpointSliceBuilder()
                .withNewMetadata()
                .withName(identity)
                .withNamespace(ChartFiles.NAMESPACE)
                .addToLabels("kubernetes.io/service-name", "ringfence-webhook")
                .addToLabels("endpointslice.kubernetes.io/managed-by", "ringfence-e2e")
                .endMetadata()
                .withAddressType("IPv4")
                .addNewPort()
                .withName("webhook")
                .withPort(port)
                .withProtocol("TCP")
                .endPort()
                .addToEndpoints(
                    new EndpointBuilder()
                        .withAddresses(address())
                        .withNewConditions()
                        .withReady(true)
                        .endConditions()
                        .build())
                .build())
        .create();
  }

  /** Of this machine; EndpointSlices refuse loopback addresses. */
  private static String address() {
    try {
      return NetworkInterface.networkInterfaces()
          .sorted(Comparator.comparingInt(NetworkInterface::getIndex))
          .flatMap(NetworkInterface::inetAddresses)
          .filter(a -> a instanceof Inet4Address && !a.isLoopbackAddress())
          .map(a -> a.getHostAddress())
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalStateException(
                      "this machine has no IPv4 address but its loopback's, a Service cannot lead"
                          + " to it"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Until the webhook answers, a workload is refused because nobody could be asked. */
  private void awaitWebhook() {
    RawWorkload asked = Samples.workload("default", "asked", "no-such-model", "acme");
    Bench.until(
        "the API server asks the webhook",
        PATIENCE,
        () -> {
          try {
            client().resource(asked).dryRun().create();
            return false;
          } catch (KubernetesClientException e) {
            return String.valueOf(e.getMessage()).contains("VLLM-");
          }
        });
  }

  // Objects

  /** A namespace for workloads. */
  String namespace(String name) {
    client()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("pod-security.kubernetes.io/enforce", "restricted")
                .endMetadata()
                .build())
        .create();
    return name;
  }

  /** Creates or replaces as a person does: once the webhook knows what it rests on. */
  <R extends HasMetadata> R apply(R object) {
    KubernetesClientException last = null;
    for (int attempt = 0; attempt < 50; attempt++) {
      try {
        return client().resource(object).forceConflicts().serverSideApply();
      } catch (KubernetesClientException e) {
        if (e.getCode() != 422) {
          throw e;
        }
        last = e;
        Bench.pause(Duration.ofMillis(200));
      }
    }
    throw new AssertionError(last);
  }

  void edit(RawWorkload workload, Consumer<ObjectNode> change) {
    change(
        workload,
        there -> {
          ObjectNode spec = (ObjectNode) there.spec().deepCopy();
          change.accept(spec);
          there.putSpec(spec);
        });
  }

  void editPolicy(Consumer<ObjectNode> change) {
    change(
        Samples.policy(),
        there -> {
          ObjectNode spec = (ObjectNode) there.spec().deepCopy();
          change.accept(spec);
          there.putSpec(spec);
        });
  }

  <R extends HasMetadata> void change(R object, Consumer<R> change) {
    for (int attempt = 1; ; attempt++) {
      R there = client().resource(object).require();
      change.accept(there);
      try {
        client().resource(there).update();
        return;
      } catch (KubernetesClientException e) {
        boolean again =
            e.getCode() == HttpURLConnection.HTTP_CONFLICT
                // A replica that has just ended; a person tries again, too.
                || String.valueOf(e.getMessage()).contains("failed calling webhook");
        if (!again || attempt == 20) {
          throw e;
        }
      }
    }
  }

  /** Waits for a condition of the present generation, given as the beginning of status/reason. */
  void await(RawWorkload workload, String type, String value) {
    try {
      Bench.until(
          workload.getMetadata().getName() + " has " + type + " " + value,
          Duration.ofMinutes(2),
          () -> {
            RawWorkload there = client().resource(workload).require();
            return there.status().path("observedGeneration").asLong(-1)
                    == there.getMetadata().getGeneration()
                && condition(there, type).startsWith(value);
          });
    } catch (AssertionError e) {
      throw new AssertionError(
          e.getMessage()
              + "; its status is "
              + client().resource(workload).require().status().toPrettyString(),
          e);
    }
  }

  void awaitReady(RawWorkload workload) {
    await(workload, "Ready", "True");
    Bench.until(
        workload.getMetadata().getName() + " has settled",
        PATIENCE,
        () -> condition(client().resource(workload).require(), "Reconciling").isEmpty());
  }

  static String condition(RawWorkload workload, String type) {
    for (JsonNode condition : workload.status().path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText() + "/" + condition.path("reason").asText();
      }
    }
    return "";
  }

  @Override
  public void close() {
    List.copyOf(operators.keySet()).forEach(this::stop);
    plane.close();
  }

  /** Operators that run. */
  Set<String> operators() {
    return Set.copyOf(operators.keySet());
  }
}
