package dev.ringfence.rules;

import static dev.ringfence.rules.Rule.VLLM_001;
import static dev.ringfence.rules.Rule.VLLM_401;
import static dev.ringfence.rules.Rule.VLLM_403;
import static dev.ringfence.rules.Rule.VLLM_404;
import static dev.ringfence.rules.Rule.VLLM_405;
import static dev.ringfence.rules.Rule.VLLM_408;
import static dev.ringfence.rules.Rule.VLLM_508;
import static dev.ringfence.rules.Rule.VLLM_602;
import static dev.ringfence.rules.Rule.VLLM_603;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.RuleText;
import dev.ringfence.rules.TrustedModel.ModelFile;
import dev.ringfence.rules.TrustedModel.Quantization;
import dev.ringfence.rules.TrustedModel.SmokeTest;
import dev.ringfence.rules.TrustedModel.Source;
import dev.ringfence.vllm.Knowledge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Judges a TrustedModel. */
final class ModelCheck {
  static final String HUB = "https://huggingface.co";

  /** Quantized formats that need a plug-in, that is, code which no release brings. */
  private static final Set<String> NEEDS_A_PLUGIN = Set.of("gguf", "bitsandbytes");

  private static final long LARGEST_FILE = 1L << 53;
  private static final Pattern REPOSITORY =
      Pattern.compile(
          "(?!.*(\\.\\.|--))[A-Za-z0-9]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?/[A-Za-z0-9]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern ENDPOINT =
      Pattern.compile(
          "https://[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*(:[0-9]{1,5})?(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?");
  private static final Pattern FOLDER =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*");
  private static final Pattern FILE =
      Pattern.compile(
          "([A-Za-z0-9_][A-Za-z0-9._+-]*/)*(LICENSE|NOTICE|[A-Za-z0-9_][A-Za-z0-9._+-]*\\.(safetensors|json|txt|model|jinja|md|tiktoken|spm|bpe|vocab))");
  private static final Pattern SHARD =
      Pattern.compile("(?<stem>.*)-(?<index>[0-9]{5})-of-(?<count>[0-9]{5})\\.safetensors");
  private static final Pattern ARCHITECTURE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");

  private final Faults faults = new Faults();
  private final List<String> warnings = new ArrayList<>();
  private final Knowledge knowledge;

  private ModelCheck(Knowledge knowledge) {
    this.knowledge = knowledge;
  }

  static Judged<TrustedModel> judge(JsonNode json, Knowledge knowledge) {
    ModelCheck check = new ModelCheck(knowledge);
    Node object = new Node(json, FieldPath.object(), check.faults);
    Optional<TrustedModel> model = check.read(object);
    new CredentialScan(check.faults, VLLM_508).scan(json);
    List<String> warnings = List.copyOf(check.warnings);
    return check.faults.none() && model.isPresent()
        ? new Judged.Valid<>(model.get(), warnings)
        : new Judged.Invalid<>(check.faults.sorted(), warnings);
  }

  private Optional<TrustedModel> read(Node object) {
    Shapes.envelope(object, VLLM_001);
    Node nameNode = object.get("metadata").get("name");
    Optional<String> name =
        nameNode.unseen(RuleText.TRUSTED_MODEL_NAME, Names.MODEL.asMatchPredicate());
    if (nameNode.unset()) {
      faults.required(
          nameNode.path(), VLLM_401, "must be there, workloads name it in model.ref; add it");
    }
    Node spec = object.get("spec");
    if (spec.unset()) {
      faults.required(
          spec.path(),
          VLLM_001,
          "must be there; add the model's source, format, architectures, quantization and files");
    }
    spec.object(
        Set.of(
            "source",
            "format",
            "architectures",
            "quantization",
            "files",
            "smokeTest",
            "allowedNamespaces",
            "revoked"),
        VLLM_001,
        "an object with the model's fields");
    Optional<Source> source = source(spec.get("source"));
    Node format = spec.get("format");
    if (format.unset()) {
      faults.required(format.path(), RuleText.MODEL_FORMAT);
    }
    format.string(VLLM_403, s -> s.equals("safetensors"), Faults.detailOf(RuleText.MODEL_FORMAT));
    Set<String> architectures = architectures(spec.get("architectures"));
    Optional<Quantization> quantization = quantization(spec.get("quantization"));
    List<ModelFile> files = files(spec.get("files"));
    List<SmokeTest> smokeTests = smokeTests(spec.get("smokeTest"), quantization);
    Node allowed = spec.get("allowedNamespaces");
    Optional<Namespaces> namespaces = Shapes.namespaces(allowed, VLLM_401, true);
    Optional<String> revoked = revoked(spec.get("revoked"));
    if (name.isEmpty() || source.isEmpty() || quantization.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new TrustedModel(
            name.get(),
            source.get(),
            List.copyOf(architectures),
            quantization.get(),
            files,
            smokeTests,
            namespaces,
            revoked));
  }

  private Optional<Source> source(Node node) {
    if (node.unset()) {
      faults.required(node.path(), RuleText.SOURCE_ONE);
      return Optional.empty();
    }
    if (node.object(
            Set.of("huggingFace", "image", "volumeClaim"), VLLM_404, "an object with one source")
        .isEmpty()) {
      return Optional.empty();
    }
    Node hub = node.get("huggingFace");
    Node image = node.get("image");
    Node claim = node.get("volumeClaim");
    long given = List.of(hub, image, claim).stream().filter(n -> !n.unset()).count();
    if (given != 1) {
      faults.inconsistent(node.path(), RuleText.SOURCE_ONE);
    }
    Optional<Source> fromHub = hub.unset() ? Optional.empty() : huggingFace(hub);
    Optional<Source> fromImage = image.unset() ? Optional.empty() : image(image);
    Optional<Source> fromClaim = claim.unset() ? Optional.empty() : volumeClaim(claim);
    return fromHub.or(() -> fromImage).or(() -> fromClaim);
  }

  private Optional<Source> huggingFace(Node node) {
    if (node.object(
            Set.of("repository", "revision", "endpoint", "auth", "gated"),
            VLLM_404,
            "an object with repository and revision")
        .isEmpty()) {
      return Optional.empty();
    }
    Node repositoryNode = node.get("repository");
    Node revisionNode = node.get("revision");
    Optional<String> repository = repositoryNode.string(RuleText.SOURCE_REPOSITORY, REPOSITORY);
    Optional<String> revision = revisionNode.string(RuleText.SOURCE_REVISION, COMMIT);
    if (repositoryNode.unset()) {
      faults.required(repositoryNode.path(), RuleText.SOURCE_REPOSITORY);
    }
    if (revisionNode.unset()) {
      faults.required(revisionNode.path(), RuleText.SOURCE_REVISION);
    }
    Optional<String> endpoint =
        node.get("endpoint")
            .unseen(
                RuleText.SOURCE_ENDPOINT,
                s -> s.length() <= 512 && ENDPOINT.matcher(s).matches() && Names.portIsPossible(s))
            .map(e -> e.endsWith("/") ? e.substring(0, e.length() - 1) : e);
    Optional<String> auth =
        node.get("auth").oneOf(VLLM_404, List.of("Token", "None"), "correct it or remove it");
    boolean gated =
        node.get("gated").bool(VLLM_404, "must be true or false; correct it").orElse(false);
    boolean hub = endpoint.isEmpty() || endpoint.get().equals(HUB);
    boolean tokenGoes = hub ? !auth.equals(Optional.of("None")) : auth.equals(Optional.of("Token"));
    if (gated && !tokenGoes) {
      warnings.add(
          node.path()
              + ": the model is gated but no token goes to this endpoint; set auth: Token if the endpoint may have it");
    }
    return repository.isPresent() && revision.isPresent()
        ? Optional.of(
            new Source.HuggingFace(
                repository.get(), revision.get(), endpoint.orElse(HUB), tokenGoes, gated))
        : Optional.empty();
  }

  private Optional<Source> image(Node node) {
    if (node.object(Set.of("reference"), VLLM_404, "an object with a reference").isEmpty()) {
      return Optional.empty();
    }
    Node reference = node.get("reference");
    if (reference.unset()) {
      faults.required(reference.path(), RuleText.SOURCE_IMAGE);
    }
    return reference
        .parsed(VLLM_404, ImageReference::parse, Faults.detailOf(RuleText.SOURCE_IMAGE))
        .map(r -> new Source.Image(r.toString()));
  }

  private Optional<Source> volumeClaim(Node node) {
    if (node.object(Set.of("claimName", "path"), VLLM_404, "an object with claimName and path")
        .isEmpty()) {
      return Optional.empty();
    }
    Node claim = node.get("claimName");
    if (claim.unset()) {
      faults.required(claim.path(), RuleText.SOURCE_CLAIM);
    }
    Optional<String> path =
        node.get("path")
            .string(
                VLLM_404,
                s -> s.length() <= 256 && FOLDER.matcher(s).matches(),
                Faults.detailOf(RuleText.SOURCE_PATH));
    return claim
        .string(RuleText.SOURCE_CLAIM, Names.SUBDOMAIN)
        .map(c -> new Source.VolumeClaim(c, path));
  }

  private Set<String> architectures(Node node) {
    if (node.unset() || node.emptyList()) {
      faults.required(node.path(), RuleText.ARCHITECTURES_REQUIRED);
    }
    return Shapes.strings(node, 16, VLLM_001, ARCHITECTURE, Faults.detailOf(RuleText.ARCHITECTURE));
  }

  private Optional<Quantization> quantization(Node node) {
    Node method = node.get("method");
    if (node.unset() || (node.json().isObject() && method.unset())) {
      faults.required(method.path(), RuleText.QUANTIZATION_REQUIRED);
      return Optional.empty();
    }
    if (node.object(Set.of("method", "bits", "groupSize"), VLLM_602, "an object with a method")
        .isEmpty()) {
      return Optional.empty();
    }
    Set<String> known = new LinkedHashSet<>();
    known.add("none");
    knowledge
        .versions()
        .forEach(v -> knowledge.release(v).ifPresent(r -> known.addAll(r.quantizationMethods())));
    known.removeAll(NEEDS_A_PLUGIN);
    Optional<String> name =
        method.string(
            VLLM_602,
            known::contains,
            "must be none or a quantization method of vLLM in its spelling (awq, gptq, fp8, compressed-tensors, ...), without plug-ins; copy quant_method from config.json");
    Optional<Integer> bits = node.get("bits").integer(RuleText.BITS, 1, 16);
    Optional<Integer> groupSize = node.get("groupSize").integer(RuleText.GROUP_SIZE, -1, 65_536);
    if (groupSize.equals(Optional.of(0))) {
      faults.invalid(node.get("groupSize"), RuleText.GROUP_SIZE);
    }
    if (name.equals(Optional.of("none")) && (bits.isPresent() || groupSize.isPresent())) {
      faults.inconsistent(node.path(), RuleText.QUANTIZATION_NONE);
    }
    return name.map(n -> new Quantization(n, optional(bits), optional(groupSize)));
  }

  private static OptionalInt optional(Optional<Integer> i) {
    return i.isPresent() ? OptionalInt.of(i.get()) : OptionalInt.empty();
  }

  private List<ModelFile> files(Node node) {
    List<ModelFile> files = new ArrayList<>();
    if (node.unset()) {
      faults.required(node.path(), RuleText.CONFIG_JSON_REQUIRED);
      return files;
    }
    if (node.emptyList()) {
      faults.inconsistent(node.path(), RuleText.CONFIG_JSON_REQUIRED);
      return files;
    }
    int before = faults.count();
    Set<String> paths = new LinkedHashSet<>();
    Set<String> folded = new HashSet<>();
    for (Node item : node.items(512, VLLM_405, "files")) {
      if (item.object(
              Set.of("path", "size", "sha256"), VLLM_405, "a file with path, size and sha256")
          .isEmpty()) {
        continue;
      }
      for (String field : List.of("path", "size", "sha256")) {
        if (item.get(field).unset()) {
          faults.required(item.get(field).path(), RuleText.FILE_FIELD_REQUIRED);
        }
      }
      Optional<String> path =
          item.get("path")
              .string(VLLM_405, ModelCheck::legalFile, Faults.detailOf(RuleText.FILE_PATH));
      boolean mayBeEmpty =
          path.isPresent() && (path.get().endsWith(".txt") || path.get().endsWith(".md"));
      Optional<Long> size = item.get("size").wholeNumber(RuleText.FILE_SIZE, 0, LARGEST_FILE);
      if (size.equals(Optional.of(0L)) && path.isPresent() && !mayBeEmpty) {
        faults.inconsistent(item.get("size").path(), RuleText.FILE_SIZE);
      }
      Optional<String> sha256 = item.get("sha256").string(RuleText.FILE_SHA256, SHA256);
      if (path.isPresent() && !folded.add(path.get().toLowerCase(Locale.ROOT))) {
        faults.duplicate(
            item.get("path").path(),
            VLLM_405,
            "must be listed once, upper and lower case counting as the same; remove the twin");
      }
      if (path.isPresent() && size.isPresent() && sha256.isPresent()) {
        paths.add(path.get());
        files.add(new ModelFile(path.get(), size.get(), sha256.get()));
      }
    }
    if (faults.count() == before) {
      complete(node, paths);
    }
    return List.copyOf(files);
  }

  private static boolean legalFile(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return path.length() <= 255
        && FILE.matcher(path).matches()
        && ((!name.equals("LICENSE") && !name.equals("NOTICE")) || !path.contains("/"))
        && !name.equals("params.json")
        && !name.equals("adapter_config.json");
  }

  private void complete(Node node, Set<String> paths) {
    if (!paths.contains("config.json")
        || paths.stream().noneMatch(p -> p.endsWith(".safetensors"))) {
      faults.inconsistent(node.path(), RuleText.CONFIG_JSON_REQUIRED);
    }
    Map<String, Set<Integer>> shards = new HashMap<>();
    for (String path : paths) {
      Matcher m = SHARD.matcher(path);
      if (m.matches()) {
        shards
            .computeIfAbsent(m.group("stem") + "-of-" + m.group("count"), s -> new HashSet<>())
            .add(Integer.parseInt(m.group("index")));
      }
    }
    shards.forEach(
        (key, indexes) -> {
          int count = Integer.parseInt(key.substring(key.length() - 5));
          boolean all =
              indexes.size() == count && indexes.stream().allMatch(i -> i >= 1 && i <= count);
          if (!all) {
            faults.inconsistent(
                node.path(),
                VLLM_405,
                "must list every shard of a set of .safetensors files, "
                    + indexes.size()
                    + " of "
                    + count
                    + " are there; add the missing ones with their sizes and digests");
          }
        });
  }

  private List<SmokeTest> smokeTests(Node node, Optional<Quantization> quantization) {
    if ((node.unset() || node.emptyList())
        && quantization.isPresent()
        && !quantization.get().none()) {
      faults.required(node.path(), RuleText.SMOKE_TEST_REQUIRED);
    }
    List<SmokeTest> tests = new ArrayList<>();
    for (Node item : node.items(16, VLLM_603, "smoke tests")) {
      if (item.object(
              Set.of("prompt", "expect", "maxTokens"),
              VLLM_603,
              "a smoke test with prompt, expect and maxTokens")
          .isEmpty()) {
        continue;
      }
      Optional<String> prompt =
          item.get("prompt")
              .string(
                  VLLM_603,
                  s -> !s.isEmpty() && s.length() <= 8192,
                  "must be a text of at most 8192 characters; correct it");
      Optional<String> expect = Shapes.regex(item.get("expect"), 512, VLLM_603);
      Optional<Integer> maxTokens =
          item.get("maxTokens").integer(RuleText.SMOKE_TEST_TOKENS, 1, 256);
      for (String field : List.of("prompt", "expect", "maxTokens")) {
        if (item.get(field).unset()) {
          faults.required(item.get(field).path(), RuleText.SMOKE_TEST_FIELD_REQUIRED);
        }
      }
      if (prompt.isPresent() && expect.isPresent() && maxTokens.isPresent()) {
        tests.add(new SmokeTest(prompt.get(), expect.get(), maxTokens.get()));
      }
    }
    return List.copyOf(tests);
  }

  /** Presence alone revokes, so that a slip in the reason or the date revokes too. */
  private Optional<String> revoked(Node node) {
    if (node.unset()) {
      return Optional.empty();
    }
    node.object(Set.of("reason", "since"), VLLM_408, "an object with reason and since");
    Shapes.instant(node.get("since"), VLLM_408);
    return Optional.of(
        node.get("reason")
            .string(
                VLLM_408,
                s -> !s.isEmpty() && s.length() <= 512,
                "must be a text of at most 512 characters; correct it")
            .orElse("no reason given"));
  }
}
