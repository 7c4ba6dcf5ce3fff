package dev.ringfence.cli;

import dev.ringfence.input.InputReader;
import dev.ringfence.input.Manifest;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.ImageReference;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Quantity;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Violation;
import dev.ringfence.vllm.Knowledge;
import dev.ringfence.vllm.Version;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "init",
    description = {
      "Prints a starter set: Namespace, policy, keys, model and workload.",
      "Needs no network; what it cannot know stands as <...> with the command that finds it."
    },
    footer = {
      "",
      "Example: ringfence init --namespace team-a > starter.yaml",
      "Example: ringfence init --image IMAGE@DIGEST --model model.yaml --key alice > starter.yaml"
    })
final class InitCommand implements Callable<Integer> {
  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  private static final String MADE_UP_MODEL = "qwen2-5-0-5b-instruct";
  // Where they stand among the template's documents.
  private static final int SECRET = 2;
  private static final int MODEL = 3;
  private static final int WORKLOAD = 4;

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      description = "The workload's namespace; default team-a.")
  private String namespace = "team-a";

  @Option(names = "--image", paramLabel = "IMAGE@DIGEST", description = "The vLLM image by digest.")
  private @Nullable String image;

  @Option(
      names = "--version",
      paramLabel = "VERSION",
      description = "The vLLM version in that image, as 0.33.0.")
  private @Nullable String version;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "A TrustedModel, as ringfence trust prints it; it is taken into the set.")
  private @Nullable String model;

  @Option(
      names = "--key",
      paramLabel = "ID",
      description =
          "Makes a key for this id: its digest goes into the Secret, the key into ID.key.")
  private @Nullable String keyId;

  @Option(
      names = "--cpu",
      paramLabel = "CORES",
      defaultValue = "8",
      description = "Cores of the engine; default ${DEFAULT-VALUE}.")
  private String cpu = "8";

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "32Gi",
      description = "Memory of the engine; default ${DEFAULT-VALUE}.")
  private String memory = "32Gi";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (!NAMESPACE.matcher(namespace).matches()) {
      err.println(
          "ringfence: --namespace takes the name of a namespace (lower-case letters, digits and"
              + " dashes)");
      return 2;
    }
    Optional<ImageReference> reference = Optional.ofNullable(image).flatMap(ImageReference::parse);
    if (image != null && reference.isEmpty()) {
      err.println(
          "ringfence: --image takes a reference that ends in @sha256: and 64 hexadecimal digits");
      return 2;
    }
    Optional<Version> release = Optional.ofNullable(version).flatMap(Version::parse);
    if (version != null && release.isEmpty()) {
      err.println("ringfence: --version takes a version of vLLM, as 0.33.0");
      return 2;
    }
    for (String quantity : List.of(cpu, memory)) {
      if (Quantity.parse(quantity).isEmpty()) {
        err.println(
            "ringfence: --cpu and --memory take quantities of Kubernetes, as 500m and 32Gi");
        return 2;
      }
    }
    List<String> documents = new ArrayList<>(List.of(template().split("(?m)^---\n", -1)));
    if (model != null) {
      Optional<String> fault = take(model, documents);
      if (fault.isPresent()) {
        err.println("ringfence: " + fault.get());
        return 2;
      }
    }
    if (keyId != null) {
      Optional<String> fault = key(keyId, documents, err);
      if (fault.isPresent()) {
        err.println("ringfence: " + fault.get());
        return 2;
      }
    }
    String text =
        String.join("---\n", documents)
            .replace("@NAMESPACE@", namespace)
            .replace("@CPU@", cpu)
            .replace("@MEMORY@", memory)
            .replace(
                "@IMAGE@",
                reference
                    .map(ImageReference::toString)
                    .orElse(
                        "<docker.io/vllm/vllm-openai@sha256:DIGEST, see: docker buildx imagetools"
                            + " inspect vllm/vllm-openai:v0.33.0>"))
            .replace("@VERSION@", release.map(Version::toString).orElse("0.33.0"));
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
    return 0;
  }

  /** Puts a model in the place of the made-up one, and its name where the workload names it. */
  private static Optional<String> take(String file, List<String> documents) throws IOException {
    InputReader.Contents contents = new InputReader(System.in).read(file);
    List<Manifest> models =
        contents.manifests().stream().filter(m -> m.kind().equals("TrustedModel")).toList();
    if (!contents.unreadable().isEmpty() || models.size() != 1 || file.equals("-")) {
      return Optional.of(
          "--model takes a file with one TrustedModel, as ringfence trust REPOSITORY@COMMIT prints"
              + " it");
    }
    switch (Check.model(models.get(0).json(), Knowledge.bundled())) {
      case Judged.Invalid<TrustedModel> i -> {
        return Optional.of(
            "the TrustedModel is not valid: "
                + i.violations().stream().map(Violation::message).findFirst().orElse(""));
      }
      case Judged.Valid<TrustedModel> v -> {
        documents.set(
            MODEL,
            "# 4. A model that the platform team vouches for.\n"
                + Files.readString(Path.of(file)).replaceAll("(?m)^---\n", "").strip()
                + "\n");
        documents.set(WORKLOAD, documents.get(WORKLOAD).replace(MADE_UP_MODEL, v.value().name()));
        return Optional.empty();
      }
    }
  }

  /** Makes a key; the file must not be there yet, so that no key is lost. */
  private static Optional<String> key(String id, List<String> documents, PrintWriter err)
      throws IOException {
    if (!ApiKey.isId(id)) {
      return Optional.of(ApiKey.ID_RULE);
    }
    ApiKey made = ApiKey.fresh();
    Path file = Path.of(id + ".key");
    try {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (FileAlreadyExistsException e) {
      return Optional.of(
          file + " is there already, and may hold a key that is in use; move it away");
    }
    Files.writeString(file, made.key() + "\n");
    documents.set(
        SECRET,
        documents
            .get(SECRET)
            .replaceAll("(?m)^  alice: .*$", "  " + id + ": \"" + made.line() + "\""));
    err.println("the key of " + id + " is in " + file + ", and nowhere else");
    return Optional.empty();
  }

  private static String template() throws IOException {
    try (InputStream in = InitCommand.class.getResourceAsStream("/dev/ringfence/init.yaml")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
