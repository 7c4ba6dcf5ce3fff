package dev.ringfence.e2e.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ringfence.e2e.cluster.ControlPlaneException;
import dev.ringfence.e2e.cluster.ControlPlaneOptions;
import dev.ringfence.e2e.cluster.StandingControlPlane;
import dev.ringfence.validate.Inputs;
import dev.ringfence.validate.Report;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code demo}: what the README promises, on a real API server of this machine. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts a real Kubernetes control plane and the operator, declares a good workload and six bad",
      "ones, and shows what becomes of them. Leaves all running; ./ringfence local down ends it."
    })
public final class DemoCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String NAMESPACE = "team-support";
  private static final String SYSTEM = "ringfence-system";
  private static final String WORKLOAD = "support-chat";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    head(out, 1, "A real Kubernetes API server, without Docker and without root");
    StandingControlPlane.Up up =
        StandingControlPlane.up(
            ControlPlaneOptions.DEFAULTS.withNodes(4, 1),
            line -> {
              err.println(line);
              err.flush();
            });
    StandingControlPlane cluster = up.controlPlane();
    Kubectl kubectl = new Kubectl(cluster);
    Samples samples = new Samples(cluster.logs().resolveSibling("demo"));
    samples.write();
    show(out, kubectl, samples, "get", "nodes");

    head(out, 2, "The operator starts");
    require(kubectl.run(samples.folder(), "apply", "--server-side", "-f", "crds"));
    require(
        kubectl.run(
            samples.folder(),
            "wait",
            "--for=condition=Established",
            "--timeout=30s",
            "-f",
            "crds"));
    if (!kubectl.run(samples.folder(), "get", "namespace", SYSTEM).ok()) {
      require(kubectl.run(samples.folder(), "create", "namespace", SYSTEM));
    }
    operator(cluster);
    out.println(
        "  three kinds installed, the operator runs; its log: "
            + cluster.logs().resolve("operator.log"));

    head(out, 3, "A good workload becomes one engine for each tenant");
    show(
        out,
        kubectl,
        samples,
        "apply",
        "-f",
        "good/workload.yaml",
        "-f",
        "good/policy.yaml",
        "-f",
        "good/model.yaml",
        "-f",
        "good/keys.yaml");
    out.println(
        "  waiting for the model to be fetched (simulated) and the engines to be ready ...");
    out.flush();
    condition(
        kubectl,
        samples,
        WORKLOAD,
        c -> c.path("type").asText().equals("Ready") && c.path("status").asText().equals("True"));
    show(out, kubectl, samples, "get", "vllm", "-n", NAMESPACE);
    show(
        out,
        kubectl,
        samples,
        "get",
        "deployments,services,networkpolicies,configmaps,serviceaccounts",
        "-n",
        NAMESPACE,
        "-l",
        "ringfence.dev/workload=" + WORKLOAD);

    head(out, 4, "Six bad ones are refused, each with what to do about it");
    int number = 0;
    for (Samples.Bad bad : Samples.BAD) {
      number++;
      out.println();
      out.println("(" + number + ") " + bad.title());
      refused(out, kubectl, samples, bad);
    }

    head(out, 5, "A foreign manifest's settings, refused one by one");
    out.println(
        "$ ./ringfence validate -f foreign.yaml --policy good/policy.yaml --models good/model.yaml");
    Report report =
        Inputs.judge(
            List.of(samples.folder().resolve("foreign.yaml").toString()),
            List.of(
                samples.folder().resolve("good/policy.yaml").toString(),
                samples.folder().resolve("good/model.yaml").toString()),
            System.in,
            Instant.now());
    out.print(indented(report.in(Report.Format.text).replace(samples.folder() + "/", "")));

    head(out, 6, "All of it is left running");
    out.print(
        """
          eval "$(./ringfence local env)"        # kubectl and KUBECONFIG for this shell
          kubectl get vllm -A
          kubectl describe vllm support-chat -n team-support
          cd %s   # the manifests: change one and apply it
          ./ringfence local down                 # ends everything and removes its files
        """
            .formatted(samples.folder()));
    out.flush();
    return 0;
  }

  private static void head(PrintWriter out, int step, String title) {
    out.println();
    out.println("== " + step + ". " + title);
    out.flush();
  }

  private static void show(PrintWriter out, Kubectl kubectl, Samples samples, String... arguments) {
    out.println("$ kubectl " + String.join(" ", arguments));
    Kubectl.Answer answer = kubectl.run(samples.folder(), arguments);
    out.print(indented(answer.text()));
    out.flush();
    require(answer);
  }

  private static void require(Kubectl.Answer answer) {
    if (!answer.ok()) {
      throw new ControlPlaneException("kubectl failed: " + answer.text());
    }
  }

  private static String indented(String text) {
    return text.strip().indent(2);
  }

  /** Runs from this very class path, beside the control plane and as long as it. */
  private static void operator(StandingControlPlane cluster) {
    cluster.startBeside(
        "operator",
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "-Xlog:disable",
            "-Xlog:all=off:stderr",
            "-cp",
            System.getProperty("java.class.path"),
            "dev.ringfence.cli.Ringfence",
            "operator",
            "--kubeconfig",
            cluster.kubeconfig().toString(),
            "--namespace",
            SYSTEM,
            "--listen",
            "127.0.0.1:0",
            "--no-guard-state"),
        Map.of());
  }

  /**
   * Some are refused by the API server itself, the others by the operator; the words are the same.
   */
  private static void refused(PrintWriter out, Kubectl kubectl, Samples samples, Samples.Bad bad) {
    out.println("$ kubectl apply -f " + bad.file());
    Kubectl.Answer answer = kubectl.run(samples.folder(), "apply", "-f", bad.file());
    out.print(indented(answer.text()));
    if (answer.ok()) {
      String name = bad.file().replace(".yaml", "");
      JsonNode object =
          condition(
              kubectl,
              samples,
              name,
              c ->
                  c.path("type").asText().equals("Accepted")
                      && c.path("status").asText().equals("False"));
      out.println(
          "$ kubectl get vllm " + name + " -n " + NAMESPACE + " -o yaml   # status.violations");
      for (JsonNode violation : object.path("status").path("violations")) {
        out.print(indented("* " + violation.path("message").asText()));
      }
    }
    out.flush();
  }

  /** Waits until the workload has such a condition. */
  private static JsonNode condition(
      Kubectl kubectl, Samples samples, String name, Predicate<JsonNode> wanted) {
    Instant end = Instant.now().plus(PATIENCE);
    String last = "nothing yet";
    while (Instant.now().isBefore(end)) {
      Kubectl.Answer answer =
          kubectl.run(samples.folder(), "get", "vllm", name, "-n", NAMESPACE, "-o", "json");
      Optional<JsonNode> object = answer.ok() ? json(answer.text()) : Optional.empty();
      if (object.isPresent()) {
        for (JsonNode condition : object.get().path("status").path("conditions")) {
          if (wanted.test(condition)) {
            return object.get();
          }
          last =
              condition.path("type").asText()
                  + "="
                  + condition.path("status").asText()
                  + ": "
                  + condition.path("message").asText();
        }
      }
      pause();
    }
    throw new ControlPlaneException(
        "the workload "
            + name
            + " did not get there within "
            + PATIENCE.toSeconds()
            + " s (last: "
            + last
            + "); see operator.log");
  }

  private static Optional<JsonNode> json(String text) {
    try {
      return Optional.of(new ObjectMapper().readTree(text));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(300);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ControlPlaneException("interrupted", e);
    }
  }
}
