package dev.ringfence.guard.model;

import dev.ringfence.guard.json.Json;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** A TrustedModel as a file: YAML or JSON. */
public record ModelDocument(String name, Optional<Hub> hub, ModelFacts facts, boolean revoked) {

  /**
   * Where a model is downloaded from.
   *
   * @param endpoint {@code https://host[:port][/path]}
   * @param token whether the hub's token may be sent there
   */
  public record Hub(
      String repository, String revision, String endpoint, boolean token, boolean gated) {}

  /** The hub itself: the one place that gets the token without being named. */
  public static final String HUB = "https://huggingface.co";

  /** Why a file is no usable TrustedModel; quotes nothing of it. */
  public static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message, null, false, false);
    }

    public String reason() {
      return String.valueOf(getMessage());
    }
  }

  private static final Pattern REPOSITORY =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}");
  private static final Pattern REVISION = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern ENDPOINT =
      Pattern.compile("https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern ARCHITECTURE = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,127}");
  private static final Pattern METHOD = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

  /** Reads the one TrustedModel of a file. */
  public static ModelDocument read(String text) throws Unusable {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    options.setMaxAliasesForCollections(10);
    options.setCodePointLimit(4 * 1024 * 1024);
    List<Json> models = new ArrayList<>();
    try {
      for (Object document : new Yaml(new SafeConstructor(options)).loadAll(text)) {
        if (json(document) instanceof Json.Obj o && "TrustedModel".equals(text(o.get("kind")))) {
          models.add(o);
        }
      }
    } catch (YAMLException | NumberFormatException | StackOverflowError e) {
      // SnakeYAML takes "." for a number, and then fails to read it.
      throw new Unusable("the file is not YAML that can be read");
    }
    if (models.size() != 1) {
      throw new Unusable("the file must hold one TrustedModel");
    }
    Json.Obj model = (Json.Obj) models.getFirst();
    if (!"ringfence.dev/v1alpha1".equals(text(model.get("apiVersion")))) {
      throw new Unusable("apiVersion must be ringfence.dev/v1alpha1");
    }
    if (!(model.get("spec") instanceof Json.Obj spec)) {
      throw new Unusable("spec is missing");
    }
    String name = model.get("metadata") instanceof Json.Obj m ? text(m.get("name")) : "";
    Json.Obj sources = spec.get("source") instanceof Json.Obj s ? s : new Json.Obj();
    if (sources.members().size() != 1) {
      throw new Unusable("spec.source must name exactly one source");
    }
    Optional<Hub> hub = Optional.empty();
    ModelFacts.Source source;
    if (sources.get("huggingFace") instanceof Json.Obj h) {
      hub = Optional.of(hub(h));
      source = ModelFacts.Source.FETCHED;
    } else if (sources.get("image") instanceof Json.Obj) {
      source = ModelFacts.Source.IMAGE;
    } else if (sources.get("volumeClaim") instanceof Json.Obj) {
      source = ModelFacts.Source.CLAIM;
    } else {
      throw new Unusable("spec.source must be huggingFace, image or volumeClaim");
    }
    if (!"safetensors".equals(text(spec.get("format")))) {
      throw new Unusable("spec.format must be safetensors");
    }
    ModelFacts facts = new ModelFacts(source, architectures(spec), quantization(spec), files(spec));
    Optional<String> fault = facts.fault();
    if (fault.isPresent()) {
      throw new Unusable("spec." + fault.get());
    }
    boolean revoked = spec.get("revoked") != null && spec.get("revoked") != Json.Null.NULL;
    return new ModelDocument(name, hub, facts, revoked);
  }

  private static Hub hub(Json.Obj h) throws Unusable {
    if (!Set.of("repository", "revision", "endpoint", "auth", "gated")
        .containsAll(h.members().keySet())) {
      throw new Unusable("spec.source.huggingFace holds an unknown field");
    }
    String repository = text(h.get("repository"));
    String revision = text(h.get("revision"));
    if (!REPOSITORY.matcher(repository).matches() || repository.contains("..")) {
      throw new Unusable("spec.source.huggingFace.repository must be OWNER/NAME");
    }
    if (!REVISION.matcher(revision).matches()) {
      throw new Unusable("spec.source.huggingFace.revision must be a commit of 40 hex digits");
    }
    String endpoint =
        h.get("endpoint") == null || h.get("endpoint") == Json.Null.NULL
            ? HUB
            : text(h.get("endpoint"));
    if (!ENDPOINT.matcher(endpoint).matches()) {
      throw new Unusable("spec.source.huggingFace.endpoint must be https://HOST[:PORT][/PATH]");
    }
    if (endpoint.endsWith("/")) {
      endpoint = endpoint.substring(0, endpoint.length() - 1);
    }
    String auth =
        h.get("auth") == null || h.get("auth") == Json.Null.NULL ? "" : text(h.get("auth"));
    if (!Set.of("", "Token", "None").contains(auth)) {
      throw new Unusable("spec.source.huggingFace.auth must be Token or None");
    }
    boolean token = auth.isEmpty() ? endpoint.equals(HUB) : auth.equals("Token");
    return new Hub(repository, revision, endpoint, token, h.get("gated") == Json.Bool.TRUE);
  }

  private static List<String> architectures(Json.Obj spec) throws Unusable {
    List<String> out = new ArrayList<>();
    if (spec.get("architectures") instanceof Json.Arr a) {
      for (Json item : a.items()) {
        String s = text(item);
        if (!ARCHITECTURE.matcher(s).matches()) {
          throw new Unusable("spec.architectures must be identifiers");
        }
        out.add(s);
      }
    }
    if (out.isEmpty()) {
      throw new Unusable("spec.architectures must name at least one");
    }
    return List.copyOf(out);
  }

  private static ModelFacts.Quantization quantization(Json.Obj spec) throws Unusable {
    if (!(spec.get("quantization") instanceof Json.Obj q)
        || !METHOD.matcher(text(q.get("method"))).matches()) {
      throw new Unusable("spec.quantization.method is missing or malformed");
    }
    return new ModelFacts.Quantization(
        text(q.get("method")), whole(q.get("bits")), whole(q.get("groupSize")));
  }

  private static OptionalInt whole(@Nullable Json value) {
    return value instanceof Json.Num n && n.asLong().isPresent()
        ? OptionalInt.of((int) n.asLong().getAsLong())
        : OptionalInt.empty();
  }

  private static List<ModelFacts.ModelFile> files(Json.Obj spec) throws Unusable {
    List<ModelFacts.ModelFile> out = new ArrayList<>();
    if (spec.get("files") instanceof Json.Arr a) {
      for (Json item : a.items()) {
        if (!(item instanceof Json.Obj f)
            || !new HashSet<>(f.members().keySet()).equals(Set.of("path", "size", "sha256"))
            || !(f.get("path") instanceof Json.Str path)
            || !(f.get("size") instanceof Json.Num size)
            || size.asLong().isEmpty()
            || !(f.get("sha256") instanceof Json.Str sha)
            || !SHA256.matcher(sha.text()).matches()) {
          throw new Unusable(
              "spec.files must hold path, size and sha256 (64 hex digits, quoted) in every entry");
        }
        out.add(new ModelFacts.ModelFile(path.text(), size.asLong().getAsLong(), sha.text()));
      }
    }
    return List.copyOf(out);
  }

  private static String text(@Nullable Json value) {
    return value instanceof Json.Str s ? s.text() : "";
  }

  /** YAML's values as JSON's. */
  private static Json json(@Nullable Object value) throws Unusable {
    return switch (value) {
      case null -> Json.Null.NULL;
      case Map<?, ?> m -> {
        Json.Obj o = new Json.Obj();
        for (Map.Entry<?, ?> e : m.entrySet()) {
          o.put(String.valueOf(e.getKey()), json(e.getValue()));
        }
        yield o;
      }
      case List<?> l -> {
        List<Json> items = new ArrayList<>();
        for (Object item : l) {
          items.add(json(item));
        }
        yield new Json.Arr(items);
      }
      case Boolean b -> b ? Json.Bool.TRUE : Json.Bool.FALSE;
      case Integer n -> new Json.Num(n.toString());
      case Long n -> new Json.Num(n.toString());
      case BigInteger n -> new Json.Num(n.toString());
      case Double n -> new Json.Num(n.isInfinite() || n.isNaN() ? "0" : n.toString());
      default -> new Json.Str(value.toString());
    };
  }
}
