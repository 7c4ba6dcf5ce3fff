package dev.ringfence.e2e.stories;

import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.cluster.TestNamespace;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A team with a namespace: it declares workloads, looks at them and chats. */
public final class Team implements AutoCloseable {
  /** Machines that run tests are slow, and nodes are shared; nothing here measures. */
  public static final Duration PATIENCE = Duration.ofMinutes(6);

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Installation installation;
  private final String namespace;
  private final List<AutoCloseable> open = new ArrayList<>();

  public Team(Installation installation, String namespace) {
    this.installation = installation;
    this.namespace = namespace;
  }

  /** A team with the key of tenant {@code acme} of a workload {@code chat} to come. */
  static Team ofAcme(TestCluster cluster, TestNamespace namespace, String key) {
    Team team = new Team(Installation.on(cluster), namespace.name());
    team.keys("chat-acme", "alice", key);
    return team;
  }

  public String namespace() {
    return namespace;
  }

  /** A key as {@code ringfence keys new} makes them. */
  public static String newKey() {
    byte[] bytes = new byte[24];
    RANDOM.nextBytes(bytes);
    return "rf-" + HexFormat.of().formatHex(bytes);
  }

  /** Writes the key lines of one key id. */
  public void keys(String secret, String id, String... lines) {
    installation
        .client()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName(secret)
                .withNamespace(namespace)
                .endMetadata()
                .withStringData(Map.of(id, String.join("\n", lines) + "\n"))
                .build())
        .forceConflicts()
        .serverSideApply();
  }

  /**
   * A workload.
   *
   * @param tenants each with Secret {@code <workload>-<tenant>}
   * @param more further lines of the spec, indented by two blanks
   */
  public static String workload(
      String name, List<String> tenants, List<String> servedNames, String more) {
    StringBuilder list = new StringBuilder();
    for (String t : tenants) {
      list.append("  - {name: ")
          .append(t)
          .append(", requestsPerMinute: 600, apiKeySecretRef: {name: ")
          .append(name)
          .append('-')
          .append(t)
          .append("}}\n");
    }
    return """
    apiVersion: ringfence.dev/v1alpha1
    kind: VLLMDeployment
    metadata: {name: %s}
    spec:
      model: {ref: tiny, servedNames: [%s]}
      tenants:
    %s  resources: {cpu: 100m, memory: 512Mi, sharedMemory: 64Mi, scratch: 64Mi}
      drainSeconds: 5
      startupTimeoutSeconds: 120
    %s"""
        .formatted(name, String.join(", ", servedNames), list, more);
  }

  public void apply(String yaml) {
    installation.kubectlStdin(yaml, "-n", namespace, "apply", "-f", "-");
  }

  /** What kubectl says of something that must not be accepted. */
  String refused(String yaml) {
    Installation.Said said = installation.kubectlSaid(yaml, "-n", namespace, "apply", "-f", "-");
    if (said.code() == 0) {
      throw new AssertionError("accepted: " + said.text());
    }
    return said.text();
  }

  Resource<GenericKubernetesResource> workload(String name) {
    return installation
        .client()
        .genericKubernetesResources("ringfence.dev/v1alpha1", "VLLMDeployment")
        .inNamespace(namespace)
        .withName(name);
  }

  /** A condition as {@code <status> <reason>: <message>}, or nothing. */
  public String condition(String workload, String type) {
    GenericKubernetesResource w = workload(workload).get();
    if (w == null || !(w.get("status", "conditions") instanceof List<?> all)) {
      return "";
    }
    return all.stream()
        .map(
            c ->
                installation.client().getKubernetesSerialization().convertValue(c, Condition.class))
        .filter(c -> c.getType().equals(type))
        .map(c -> c.getStatus() + " " + c.getReason() + ": " + c.getMessage())
        .findFirst()
        .orElse("");
  }

  public void awaitCondition(String workload, String type, String start) {
    awaitCondition(workload, type, start, PATIENCE);
  }

  private void awaitCondition(String workload, String type, String start, Duration patience) {
    await()
        .atMost(patience)
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(
            () ->
                org.assertj.core.api.Assertions.assertThat(condition(workload, type))
                    .as(() -> String.valueOf(describe(workload)))
                    .startsWith(start));
  }

  private Object describe(String workload) {
    GenericKubernetesResource w = workload(workload).get();
    return w == null ? "gone" : w.get("status");
  }

  public void awaitReady(String workload) {
    awaitReady(workload, PATIENCE);
  }

  public void awaitReady(String workload, Duration patience) {
    awaitCondition(workload, "Ready", "True ", patience);
  }

  /** The engine's pods of a tenant that are not on their way out. */
  List<Pod> pods(String workload, String tenant) {
    return installation
        .client()
        .pods()
        .inNamespace(namespace)
        .withLabels(Map.of("ringfence.dev/workload", workload, "ringfence.dev/tenant", tenant))
        .list()
        .getItems()
        .stream()
        .filter(p -> p.getMetadata().getDeletionTimestamp() == null)
        .toList();
  }

  public Pod pod(String workload, String tenant) {
    List<Pod> all = pods(workload, tenant);
    if (all.size() != 1) {
      throw new AssertionError(all.size() + " pods of " + workload + "--" + tenant);
    }
    return all.getFirst();
  }

  /** A client of OpenAI's own making, at the tenant's guard. */
  public OpenAIClient client(String workload, String tenant, String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl("http://127.0.0.1:" + forward(pod(workload, tenant), 8080) + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .timeout(Duration.ofSeconds(60))
        .build();
  }

  int forward(Pod pod, int port) {
    LocalPortForward forward =
        installation
            .client()
            .pods()
            .inNamespace(namespace)
            .withName(pod.getMetadata().getName())
            .portForward(port);
    open.add(forward);
    return forward.getLocalPort();
  }

  public static String chat(OpenAIClient client, String model, String prompt) {
    return client
        .chat()
        .completions()
        .create(
            ChatCompletionCreateParams.builder()
                .model(model)
                .addUserMessage(prompt)
                .maxCompletionTokens(64)
                .build())
        .choices()
        .getFirst()
        .message()
        .content()
        .orElse("");
  }

  /** Runs a command in a container; what it printed. */
  Installation.Said exec(Pod pod, String container, String... command) {
    List<String> all =
        new ArrayList<>(
            List.of("-n", namespace, "exec", pod.getMetadata().getName(), "-c", container, "--"));
    all.addAll(List.of(command));
    return installation.kubectlSaid("", all.toArray(String[]::new));
  }

  /** Runs kubectl; fails with what it said. */
  public String kubectl(String... arguments) {
    return installation.kubectl(arguments);
  }

  /** GET from a port of a pod, through the API server. */
  public String get(Pod pod, int port, String path) {
    try (LocalPortForward forward =
            installation
                .client()
                .pods()
                .inNamespace(namespace)
                .withName(pod.getMetadata().getName())
                .portForward(port);
        HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + forward.getLocalPort() + path))
                  .version(HttpClient.Version.HTTP_1_1)
                  .timeout(Duration.ofSeconds(30))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  int restarts(String workload, String tenant, String container) {
    return pod(workload, tenant).getStatus().getContainerStatuses().stream()
        .filter(s -> s.getName().equals(container))
        .mapToInt(s -> Optional.ofNullable(s.getRestartCount()).orElse(0))
        .findFirst()
        .orElse(0);
  }

  @Override
  public void close() {
    for (AutoCloseable c : open) {
      try {
        c.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
