package dev.ringfence.e2e.stories;

import static org.awaitility.Awaitility.await;

import dev.ringfence.e2e.cluster.TestCluster;
import dev.ringfence.e2e.engine.StandInImages;
import dev.ringfence.e2e.engine.StandInModel;
import dev.ringfence.e2e.images.ImageArchive;
import dev.ringfence.e2e.images.Images;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Ringfence on a cluster as its README says: images loaded, one file applied; then what a platform
 * team adds, a policy and models. Once for each cluster.
 */
public final class Installation {
  /**
   * The suites run side by side, and a guard asks for one core: of a machine with two, each node
   * takes one engine.
   */
  public static final int NODES = 7;

  private static final Path CHECKOUT = Path.of("..");
  private static final Path FOLDER = Path.of("target", "stories");
  private static final String SYSTEM = "ringfence-system";
  private static final IdentityHashMap<TestCluster, Installation> DONE = new IdentityHashMap<>();

  private final TestCluster cluster;
  private final ImageArchive engine;
  private final ImageArchive olderEngine;
  private final ImageArchive model;

  private Installation(TestCluster cluster) throws IOException {
    this.cluster = cluster;
    Path folder = Files.createDirectories(FOLDER).toAbsolutePath();
    List<ImageArchive> ours = Images.build(CHECKOUT, folder, System.err::println);
    engine = StandInImages.engine(CHECKOUT, "0.33.0", folder, System.err::println);
    olderEngine = StandInImages.engine(CHECKOUT, "0.32.0", folder, System.err::println);
    model = StandInImages.model(StandInModel.awq(), "stand-in-model", folder);
    List<ImageArchive> all = new ArrayList<>(ours);
    all.addAll(List.of(engine, olderEngine, model));
    all.forEach(image -> cluster.load(image.file()));
    install(ours, folder);
    kubectlStdin(policy(), "apply", "-f", "-");
    kubectlStdin(models(), "apply", "-f", "-");
  }

  /** Installs what is not yet there. */
  public static Installation on(TestCluster cluster) {
    synchronized (DONE) {
      return DONE.computeIfAbsent(
          cluster,
          c -> {
            try {
              return new Installation(c);
            } catch (IOException e) {
              throw new UncheckedIOException("cannot install Ringfence", e);
            }
          });
    }
  }

  private void install(List<ImageArchive> ours, Path folder) throws IOException {
    ImageArchive operator = named(ours, "operator");
    ImageArchive guard = named(ours, "guard");
    String file =
        Files.readString(CHECKOUT.resolve("deploy/install.yaml"), StandardCharsets.UTF_8)
            .replaceAll("--guard-image=[^ \n]*", "--guard-image=" + guard.reference())
            .replaceAll(
                "image: [^ \n]*ringfence/operator:[^ \n]*", "image: " + operator.reference());
    Path install = Files.writeString(folder.resolve("install.yaml"), file);
    kubectl("apply", "--server-side", "-f", install.toString());
    kubectl("-n", SYSTEM, "rollout", "status", "deployment/ringfence-operator", "--timeout=300s");
    // The API server believes the webhook once its certificate is written there.
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                client()
                    .admissionRegistration()
                    .v1()
                    .validatingWebhookConfigurations()
                    .withName("ringfence")
                    .get()
                    .getWebhooks()
                    .stream()
                    .allMatch(w -> w.getClientConfig().getCaBundle() != null));
  }

  private static ImageArchive named(List<ImageArchive> images, String name) {
    return images.stream().filter(i -> i.name().endsWith("/" + name)).findFirst().orElseThrow();
  }

  /** The strict values; nothing enforces NetworkPolicies here, and the guard would say so. */
  public String policy() {
    return """
        apiVersion: ringfence.dev/v1alpha1
        kind: VLLMPolicy
        metadata: {name: default}
        spec:
          engine:
            images:
            - {image: "%s", version: 0.33.0}
            - {image: "%s", version: 0.32.0}
          limits: {requestsPerMinute: 600}
          network: {requireEnforcement: false}
        """
        .formatted(engine.reference(), olderEngine.reference());
  }

  private String models() {
    return StandInModel.awq()
        .trusted(
            "tiny",
            "{image: {reference: \"" + model.reference() + "\"}}",
            """
              quantization: {method: awq, bits: 4, groupSize: 128}
              smokeTest: [{prompt: "2+2=", expect: "\\\\b4\\\\b", maxTokens: 16}]
            """);
  }

  public KubernetesClient client() {
    return cluster.client();
  }

  /** Applies a manifest of the platform team's. */
  public void apply(String yaml) {
    kubectlStdin(yaml, "apply", "-f", "-");
  }

  /** The stand-in for vLLM 0.33.0, by digest. */
  public String engineImage() {
    return engine.reference();
  }

  /** The stand-in for vLLM 0.32.0, by digest. */
  String olderEngineImage() {
    return olderEngine.reference();
  }

  /** Runs kubectl; fails with what it said. */
  public String kubectl(String... arguments) {
    Said said = kubectlSaid("", arguments);
    if (said.code() != 0) {
      throw new AssertionError("kubectl " + String.join(" ", arguments) + ": " + said.text());
    }
    return said.text();
  }

  public String kubectlStdin(String input, String... arguments) {
    Said said = kubectlSaid(input, arguments);
    if (said.code() != 0) {
      throw new AssertionError("kubectl " + String.join(" ", arguments) + ": " + said.text());
    }
    return said.text();
  }

  /** What a command printed, on both streams, and how it ended. */
  record Said(int code, String text) {}

  Said kubectlSaid(String input, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(cluster.kubectl().toString(), "--kubeconfig", cluster.kubeconfig().toString()));
    command.addAll(List.of(arguments));
    try {
      Path in = Files.createTempFile("ringfence-kubectl-", ".in");
      try {
        Files.writeString(in, input);
        Process p =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(in.toFile())
                .start();
        String text = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!p.waitFor(120, TimeUnit.SECONDS)) {
          p.destroyForcibly();
          throw new AssertionError(command + " does not end");
        }
        return new Said(p.exitValue(), text);
      } finally {
        Files.delete(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
