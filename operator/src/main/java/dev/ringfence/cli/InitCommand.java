package dev.ringfence.cli;

import dev.ringfence.rules.ImageReference;
import dev.ringfence.vllm.Version;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
    footer = {"", "Example: ringfence init --namespace team-a > starter.yaml"})
final class InitCommand implements Callable<Integer> {
  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

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

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (!NAMESPACE.matcher(namespace).matches()) {
      err.println(
          "ringfence: --namespace takes the name of a namespace (lower-case letters, digits and dashes)");
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
    String text =
        template()
            .replace("@NAMESPACE@", namespace)
            .replace(
                "@IMAGE@",
                reference
                    .map(ImageReference::toString)
                    .orElse(
                        "<docker.io/vllm/vllm-openai@sha256:DIGEST, see: docker buildx imagetools inspect vllm/vllm-openai:v0.33.0>"))
            .replace("@VERSION@", release.map(Version::toString).orElse("0.33.0"));
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
    return 0;
  }

  private static String template() throws IOException {
    try (InputStream in = InitCommand.class.getResourceAsStream("/dev/ringfence/init.yaml")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
