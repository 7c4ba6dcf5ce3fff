package dev.ringfence.guard.policy;

import com.google.re2j.Pattern;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.json.JsonText;
import dev.ringfence.guard.model.ModelFacts;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A guard.json that can be used: every member known and within its bounds, no limit above its
 * ceiling.
 *
 * @param contractDigest {@code sha256:<hex>} of the contract's canonical form
 * @param limitsDigest the same of the limits
 */
public record PolicyDocument(
    Contract contract, Limits limits, String contractDigest, String limitsDigest) {

  private static final java.util.regex.Pattern NAME =
      java.util.regex.Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");
  private static final java.util.regex.Pattern SERVED_NAME =
      java.util.regex.Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,127}");
  private static final java.util.regex.Pattern RELEASE =
      java.util.regex.Pattern.compile("[0-9]+\\.[0-9]+\\.[0-9]+");
  private static final java.util.regex.Pattern FOLDER =
      java.util.regex.Pattern.compile("(?=.{1,255}$)(/[A-Za-z0-9._-]+)+");
  private static final java.util.regex.Pattern IDENTIFIER =
      java.util.regex.Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,127}");
  private static final java.util.regex.Pattern METHOD =
      java.util.regex.Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");
  private static final java.util.regex.Pattern ANY_TEXT =
      java.util.regex.Pattern.compile("(?s).{1,4096}");
  private static final java.util.regex.Pattern HEX64 =
      java.util.regex.Pattern.compile("[0-9a-f]{64}");
  private static final java.util.regex.Pattern PATH_TEXT =
      java.util.regex.Pattern.compile(".{1,255}");
  private static final java.util.regex.Pattern TIME =
      java.util.regex.Pattern.compile(
          "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z");

  /** Reads a document, or says what is wrong with it. */
  public static PolicyDocument read(byte[] text) throws PolicyFault {
    Json json;
    try {
      json = JsonReader.read(text, JsonReader.Bounds.LARGE);
    } catch (JsonFault e) {
      throw new PolicyFault("it " + e.reason());
    }
    Members top = new Members("", json);
    // The version first: what a newer document holds cannot be judged.
    if (!(top.take("version") instanceof Json.Num n) || !n.token().equals("1")) {
      throw top.fault("version", "must be 1; a newer document needs a newer guard");
    }
    Json contractJson = top.take("contract");
    Json limitsJson = top.take("limits");
    top.done();
    Contract contract = contract(new Members("contract", contractJson));
    Limits limits = limits(new Members("limits", limitsJson));
    withinCeilings("limits", limits.values(), contract.ceilings());
    if (limits.notAfter().isPresent()) {
      withinCeilings(
          "limits.notAfter.values", limits.notAfter().get().values(), contract.ceilings());
    }
    return new PolicyDocument(contract, limits, digest(contractJson), digest(limitsJson));
  }

  /** {@code sha256:<hex>} of a value's canonical form. */
  public static String digest(Json value) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(JsonText.canonical(value));
      return "sha256:" + HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Contract contract(Members m) throws PolicyFault {
    String namespace = m.string("namespace", NAME);
    String workload = m.string("workload", NAME);
    String tenant = m.string("tenant", NAME);
    List<String> servedNames = m.strings("servedNames", 1, 16, SERVED_NAME);
    Set<Endpoint> endpoints = EnumSet.noneOf(Endpoint.class);
    for (String e : m.strings("endpoints", 1, 7, IDENTIFIER)) {
      endpoints.add(
          List.of(Endpoint.values()).stream()
              .filter(v -> v.label().equals(e))
              .findFirst()
              .orElseThrow(() -> m.fault("endpoints", "holds an endpoint that is not known")));
    }
    Members fields = m.members("fields");
    boolean tools = fields.bool("tools");
    boolean reasoning = fields.bool("reasoning");
    fields.done();
    int drainSeconds = m.whole("drainSeconds", 0, 600);
    Members e = m.members("engine");
    Contract.Engine engine =
        new Contract.Engine(
            e.string("version", RELEASE),
            e.number("gpuMemoryUtilization", Double.MIN_VALUE, 0.95).asDouble(),
            e.whole("maxModelLen", 1, 1_048_576),
            e.string("servedFolder", FOLDER));
    e.done();
    Members c = m.members("ceilings");
    Contract.Ceilings ceilings =
        new Contract.Ceilings(
            c.whole("maxPromptCharacters", 1, 1_048_576),
            c.whole("maxOutputTokens", 1, 4096),
            c.number("temperature", 0, 2).asDouble(),
            c.whole("requestsPerMinute", 1, 1_000_000),
            c.whole("tokensPerMinute", 1, 100_000_000),
            c.whole("maxConcurrentRequests", 1, 4096),
            mode(c));
    c.done();
    List<Contract.SmokeTest> tests = new ArrayList<>();
    for (Json item : m.array("smokeTests", 0, 16)) {
      Members t = new Members("contract.smokeTests", item);
      tests.add(
          new Contract.SmokeTest(
              t.string("prompt", ANY_TEXT),
              t.re2("expect", t.take("expect")),
              t.whole("maxTokens", 1, 256)));
      t.done();
    }
    ModelFacts model = model(m.members("model"));
    m.done();
    return new Contract(
        namespace,
        workload,
        tenant,
        servedNames,
        endpoints,
        tools,
        reasoning,
        drainSeconds,
        engine,
        ceilings,
        List.copyOf(tests),
        model);
  }

  private static ModelFacts model(Members m) throws PolicyFault {
    ModelFacts.Source source =
        m.oneOf(
            "source",
            List.of(ModelFacts.Source.values()),
            s -> s.name().toLowerCase(java.util.Locale.ROOT));
    List<String> architectures = m.strings("architectures", 1, 16, IDENTIFIER);
    Members q = m.members("quantization");
    ModelFacts.Quantization quantization =
        new ModelFacts.Quantization(
            q.string("method", METHOD),
            q.has("bits") ? OptionalInt.of(q.whole("bits", 1, 16)) : OptionalInt.empty(),
            q.has("groupSize")
                ? OptionalInt.of(q.whole("groupSize", -1, 65_536))
                : OptionalInt.empty());
    q.done();
    List<ModelFacts.ModelFile> files = new ArrayList<>();
    for (Json item : m.array("files", 1, 512)) {
      Members f = new Members("contract.model.files", item);
      files.add(
          new ModelFacts.ModelFile(
              f.string("path", PATH_TEXT),
              f.integer("size", 0, 1L << 53),
              f.string("sha256", HEX64)));
      f.done();
    }
    m.done();
    ModelFacts facts = new ModelFacts(source, architectures, quantization, List.copyOf(files));
    Optional<String> fault = facts.fault();
    if (fault.isPresent()) {
      throw new PolicyFault("contract.model: " + fault.get());
    }
    return facts;
  }

  private static Limits limits(Members m) throws PolicyFault {
    Limits.Values values = values(m);
    int replicas = m.whole("replicas", 1, 32);
    List<Pattern> patterns = new ArrayList<>();
    for (Json item : m.array("denyPatterns", 0, 64)) {
      patterns.add(m.re2("denyPatterns", item));
    }
    Optional<Limits.NotAfter> notAfter = Optional.empty();
    if (m.has("notAfter")) {
      Members n = m.members("notAfter");
      Instant time;
      try {
        time = Instant.parse(n.string("time", TIME));
      } catch (DateTimeException e) {
        throw n.fault("time", "must be a time");
      }
      Members v = n.members("values");
      notAfter = Optional.of(new Limits.NotAfter(time, values(v)));
      v.done();
      n.done();
    }
    m.done();
    return new Limits(values, replicas, List.copyOf(patterns), notAfter);
  }

  private static Limits.Values values(Members m) throws PolicyFault {
    int maxPromptCharacters = m.whole("maxPromptCharacters", 1, 1_048_576);
    int maxOutputTokens = m.whole("maxOutputTokens", 1, 4096);
    int defaultOutputTokens = m.whole("defaultOutputTokens", 1, maxOutputTokens);
    Members t = m.members("temperature");
    double min = t.number("min", 0, 2).asDouble();
    double max = t.number("max", min, 2).asDouble();
    String token = t.number("default", min, max).token();
    t.done();
    return new Limits.Values(
        maxPromptCharacters,
        maxOutputTokens,
        defaultOutputTokens,
        new Limits.Temperature(min, max, token),
        m.whole("requestsPerMinute", 1, 1_000_000),
        m.whole("tokensPerMinute", 1, 100_000_000),
        m.whole("maxConcurrentRequests", 1, 4096),
        mode(m));
  }

  private static DenyMode mode(Members m) throws PolicyFault {
    return m.oneOf("denyPatternsMode", List.of(DenyMode.values()), DenyMode::label);
  }

  private static void withinCeilings(String path, Limits.Values v, Contract.Ceilings c)
      throws PolicyFault {
    String above =
        v.maxPromptCharacters() > c.maxPromptCharacters()
            ? "maxPromptCharacters"
            : v.maxOutputTokens() > c.maxOutputTokens()
                ? "maxOutputTokens"
                : v.temperature().max() > c.temperature()
                    ? "temperature.max"
                    : v.requestsPerMinute() > c.requestsPerMinute()
                        ? "requestsPerMinute"
                        : v.tokensPerMinute() > c.tokensPerMinute()
                            ? "tokensPerMinute"
                            : v.maxConcurrentRequests() > c.maxConcurrentRequests()
                                ? "maxConcurrentRequests"
                                : v.denyPatternsMode().compareTo(c.denyPatternsMode()) > 0
                                    ? "denyPatternsMode"
                                    : "";
    if (!above.isEmpty()) {
      throw new PolicyFault(path + "." + above + " is above the ceiling of the contract");
    }
  }
}
