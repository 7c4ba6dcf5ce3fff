package dev.ringfence.guard.run;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.fetch.FetchFault;
import dev.ringfence.guard.fetch.Http;
import dev.ringfence.guard.fetch.HubModel;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.model.Contents;
import dev.ringfence.guard.model.ModelDocument;
import dev.ringfence.guard.model.ModelFacts;
import dev.ringfence.guard.model.ModelFacts.ModelFile;
import dev.ringfence.guard.model.ModelFacts.Quantization;
import dev.ringfence.guard.model.ModelFault;
import dev.ringfence.guard.model.VerifiedRecord;
import dev.ringfence.guard.model.Verifier;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The program {@code trust DIR | REPOSITORY@REVISION}: writes the TrustedModel, refusing what fetch
 * and verify would refuse. It is trust on first use: whoever runs it vouches for what lies there
 * now.
 */
public final class TrustProgram {
  private static final Pattern HUB =
      Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*)@([A-Za-z0-9._/-]+)");

  private TrustProgram() {}

  public static int run(List<String> args) throws Unusable {
    Arguments a =
        new Arguments(
            args,
            Set.of("--name", "--diff", "--endpoint", "--token", "--proxy", "--ca", "--claim"),
            Set.of());
    if (a.operands().size() != 1) {
      throw new Unusable(
          "usage: trust DIR|REPOSITORY@REVISION [--name NAME] [--diff OLD] [--claim NAME] [--endpoint URL] [--token FILE] [--proxy URL] [--ca FILE]");
    }
    String what = a.operands().getFirst();
    Optional<ModelDocument> old = Optional.empty();
    if (a.option("--diff").isPresent()) {
      old = Optional.of(VerifyProgram.model(a.required("--diff")));
    }
    Path folder = Path.of(what);
    Matcher hub = HUB.matcher(what);
    try {
      String yaml;
      ModelFacts facts;
      if (Files.isDirectory(folder)) {
        facts = local(folder);
        String name = name(a, String.valueOf(folder.toAbsolutePath().normalize().getFileName()));
        yaml =
            yaml(
                name,
                "    volumeClaim: {claimName: "
                    + a.option("--claim").orElse("models")
                    + ", path: "
                    + name
                    + "}\n",
                facts);
      } else if (hub.matches()) {
        String endpoint = a.option("--endpoint").orElse(ModelDocument.HUB).replaceAll("/+$", "");
        HubModel model = new HubModel(http(a), endpoint, hub.group(1), hub.group(2));
        facts = remote(model);
        String source =
            "    huggingFace:\n      repository: "
                + hub.group(1)
                + "\n      revision: "
                + model.revision()
                + "\n";
        if (!endpoint.equals(ModelDocument.HUB)) {
          source += "      endpoint: " + endpoint + "\n";
        }
        model
            .leftOut()
            .forEach(p -> System.err.println("left out: " + p.replaceAll("[^ -~]", "?")));
        yaml = yaml(name(a, hub.group(1).substring(hub.group(1).indexOf('/') + 1)), source, facts);
      } else {
        throw new Unusable("there is no folder of that name, and it is no REPOSITORY@REVISION");
      }
      old.ifPresent(o -> diff(o.facts(), facts));
      System.out.print(yaml);
      return 0;
    } catch (ModelFault e) {
      System.err.println("ringfence: refused: " + e.line());
    } catch (FetchFault e) {
      System.err.println("ringfence: " + e.reason());
    } catch (IOException e) {
      throw new Unusable("it cannot be read: " + VerifyProgram.ioReason(e));
    }
    return 1;
  }

  private static Http http(Arguments a) throws Unusable {
    try {
      Optional<String> token = Optional.empty();
      if (a.option("--token").isPresent()) {
        token = Optional.of(Files.readString(Path.of(a.required("--token"))).strip());
      }
      Optional<URI> proxy = Optional.empty();
      if (a.option("--proxy").isPresent()) {
        proxy = Optional.of(Http.proxy(a.required("--proxy")));
      }
      return new Http(proxy, a.option("--ca").map(Path::of), token);
    } catch (FetchFault e) {
      throw new Unusable(e.reason());
    } catch (IOException e) {
      throw new Unusable("the token's file cannot be read");
    }
  }

  /** A Kubernetes name made of what the model is called. */
  private static String name(Arguments a, String from) throws Unusable {
    String name =
        a.option("--name")
            .orElseGet(
                () ->
                    from.toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9.-]+", "-")
                        .replaceAll("^[^a-z0-9]+|[^a-z0-9]+$", ""));
    if (!name.matches("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")) {
      throw new Unusable("--name must be a name: small letters, digits, '-', '.', at most 63");
    }
    return name;
  }

  // --- a folder

  private static ModelFacts local(Path folder) throws IOException, ModelFault {
    List<Path> paths;
    try (Stream<Path> all = Files.walk(folder)) {
      paths = all.filter(p -> !Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS)).sorted().toList();
    }
    List<ModelFile> files = new ArrayList<>();
    for (Path p : paths) {
      String path = folder.relativize(p).toString();
      if (ModelFacts.pathFault(path).isPresent()) {
        throw Contents.unlisted(path);
      }
      if (!Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS)) {
        throw new ModelFault(Rule.FILE_DIGESTS, path, "is not a plain file");
      }
      files.add(new ModelFile(path, Files.size(p), Verifier.digest(p)));
    }
    byte[] config = null;
    if (Files.isRegularFile(folder.resolve("config.json"))) {
      config = Files.readAllBytes(folder.resolve("config.json"));
    }
    byte[] quant = null;
    if (Files.isRegularFile(folder.resolve("hf_quant_config.json"))) {
      quant = Files.readAllBytes(folder.resolve("hf_quant_config.json"));
    }
    ModelFacts facts = facts(ModelFacts.Source.CLAIM, config, quant, files);
    new Verifier(facts, folder, new VerifiedRecord(), n -> {}).verify();
    return facts;
  }

  // --- a hub

  private static ModelFacts remote(HubModel model) throws FetchFault, IOException, ModelFault {
    List<ModelFile> files = model.files();
    ModelFacts facts =
        facts(
            ModelFacts.Source.FETCHED,
            model.small("config.json"),
            model.small("hf_quant_config.json"),
            files);
    model.check(facts);
    return facts;
  }

  // --- what is declared

  private static ModelFacts facts(
      ModelFacts.Source source,
      byte @Nullable [] config,
      byte @Nullable [] quant,
      List<ModelFile> files)
      throws ModelFault {
    if (config == null) {
      throw new ModelFault(Rule.FILE_DIGESTS, "config.json", "is missing");
    }
    Json.Obj json = object("config.json", config);
    List<String> architectures = new ArrayList<>();
    if (json.get("architectures") instanceof Json.Arr list) {
      for (Json item : list.items()) {
        if (item instanceof Json.Str s && s.text().matches("[A-Za-z][A-Za-z0-9_]{0,127}")) {
          architectures.add(s.text());
        }
      }
    }
    if (architectures.isEmpty()) {
      throw new ModelFault(Rule.MODEL_NAME, "config.json", "names no architecture");
    }
    Quantization quantization =
        Contents.quantization(json)
            .map(q -> new Quantization(q.method(), q.bits(), q.groupSize()))
            .orElseGet(
                () ->
                    new Quantization(
                        quant == null ? "none" : "modelopt",
                        OptionalInt.empty(),
                        OptionalInt.empty()));
    ModelFacts facts =
        new ModelFacts(source, List.copyOf(architectures), quantization, List.copyOf(files));
    Optional<String> fault = facts.fault();
    if (fault.isPresent()) {
      throw new ModelFault(Rule.FILE_DIGESTS, ".", fault.get());
    }
    return facts;
  }

  private static Json.Obj object(String path, byte[] text) throws ModelFault {
    try {
      if (JsonReader.read(text, JsonReader.Bounds.LARGE) instanceof Json.Obj o) {
        return o;
      }
    } catch (JsonFault e) {
      throw new ModelFault(Rule.NO_CODE, path, e.reason());
    }
    throw new ModelFault(Rule.NO_CODE, path, "is no object");
  }

  // --- output

  private static String yaml(String name, String source, ModelFacts facts) {
    StringBuilder out = new StringBuilder();
    out.append("apiVersion: ringfence.dev/v1alpha1\nkind: TrustedModel\nmetadata: {name: ")
        .append(name)
        .append("}\nspec:\n  source:\n")
        .append(source);
    out.append("  format: safetensors\n  architectures: [")
        .append(String.join(", ", facts.architectures()))
        .append("]\n");
    Quantization q = facts.quantization();
    out.append("  quantization: {method: ").append(q.method());
    q.bits().ifPresent(b -> out.append(", bits: ").append(b));
    q.groupSize().ifPresent(g -> out.append(", groupSize: ").append(g));
    out.append("}\n  files:\n");
    for (ModelFile f : facts.files()) {
      out.append("  - {path: \"")
          .append(f.path())
          .append("\", size: ")
          .append(f.size())
          .append(", sha256: \"")
          .append(f.sha256())
          .append("\"}\n");
    }
    if (!q.method().equals("none")) {
      out.append(
          "  smokeTest:   # required for a quantized model; put questions here that it has to answer\n");
      out.append("  - {prompt: \"2+2=\", expect: \"(?i)\\\\b4\\\\b|four\", maxTokens: 24}\n");
    }
    return out.toString();
  }

  private static void diff(ModelFacts old, ModelFacts now) {
    Map<String, ModelFile> before =
        old.files().stream().collect(Collectors.toMap(ModelFile::path, f -> f));
    Map<String, ModelFile> after =
        now.files().stream().collect(Collectors.toMap(ModelFile::path, f -> f));
    Set<String> all = new TreeSet<>(before.keySet());
    all.addAll(after.keySet());
    int same = 0;
    for (String path : all) {
      ModelFile b = before.get(path);
      ModelFile n = after.get(path);
      if (b == null) {
        System.err.println("+ " + path);
      } else if (n == null) {
        System.err.println("- " + path);
      } else if (!b.sha256().equals(n.sha256())) {
        System.err.println("~ " + path + " (" + b.size() + " -> " + n.size() + " bytes)");
      } else {
        same++;
      }
    }
    if (!old.architectures().equals(now.architectures())) {
      System.err.println("~ architectures");
    }
    if (!old.quantization().equals(now.quantization())) {
      System.err.println("~ quantization");
    }
    System.err.println("= " + same + " files");
  }
}
