package dev.ringfence.vllm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * All that Ringfence knows of vLLM. Immutable; the tables of a version are read when first asked
 * for.
 */
public final class Knowledge {

  /**
   * Knowledge with further tables.
   *
   * @param knowledge with every table that could be used
   * @param problems one line for each that could not, naming its entry
   */
  public record Extended(Knowledge knowledge, List<String> problems) {
    public Extended {
      problems = List.copyOf(problems);
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Knowledge BUNDLED = new Knowledge(bundledVersions(), Map.of());
  private static final Version FLOOR = Version.parse("0.28.0").orElseThrow();
  private static final Pattern VARIABLE_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");

  private final SortedSet<Version> bundled;
  private final Map<Version, Release> further;
  private final Map<Version, Release> read = new ConcurrentHashMap<>();

  /** Read on first use: not every command needs them. */
  private static final class Lazy {
    static final Classification CLASSES = new Classification(resource("classification.json"));
    static final List<Advisory> ADVISORIES = Tables.advisories(resource("advisories.json"));
  }

  private Knowledge(SortedSet<Version> bundled, Map<Version, Release> further) {
    this.bundled = bundled;
    this.further = Map.copyOf(further);
  }

  /** What this release of Ringfence carries. */
  public static Knowledge bundled() {
    return BUNDLED;
  }

  /** Every version that has a table. */
  public SortedSet<Version> versions() {
    SortedSet<Version> all = new TreeSet<>(bundled);
    all.addAll(further.keySet());
    return Collections.unmodifiableSortedSet(all);
  }

  /**
   * The tables of a version; a post-release or local label uses its release's. Empty without a
   * table: then nothing may run it (rule 207).
   */
  public Optional<Release> release(Version version) {
    Version base = version.base();
    Release own = further.get(base);
    if (own != null) {
      return Optional.of(own);
    }
    return bundled.contains(base)
        ? Optional.of(read.computeIfAbsent(base, v -> Tables.release(resource(v + ".json"))))
        : Optional.empty();
  }

  /** Every advisory there is, oldest first. */
  public List<Advisory> advisories() {
    return Lazy.ADVISORIES;
  }

  /** Known faults of a version, those that do not block included. */
  public List<Advisory> advisories(Version version) {
    return Lazy.ADVISORIES.stream().filter(a -> a.affected().contains(version)).toList();
  }

  /**
   * Adds the tables of the policy's ConfigMap: entries {@code VERSION.json}, made by {@code
   * tools/vllm/compact.py}, of versions that this release of Ringfence has no table of. An argument
   * that the classification does not know is never, unless the table's own {@code openable} object
   * gives it a grammar (as in {@code classification.json}); what the classification knows cannot be
   * changed. A table that lacks an argument which Ringfence must render is not used.
   */
  public Extended with(Map<String, String> argumentTables) {
    Map<Version, Release> all = new TreeMap<>(further);
    List<String> problems = new ArrayList<>();
    new TreeMap<>(argumentTables)
        .forEach(
            (entry, text) -> {
              try {
                Release release = furtherTable(entry, text);
                all.put(release.version(), release);
              } catch (IllegalArgumentException e) {
                problems.add(entry + ": " + e.getMessage());
              }
            });
    return new Extended(new Knowledge(bundled, all), problems);
  }

  private Release furtherTable(String entry, String text) {
    JsonNode table;
    try {
      table = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "must be JSON, it stops making sense in line "
              + (e.getLocation() == null ? 1 : e.getLocation().getLineNr()),
          e);
    }
    Release release = Tables.release(table);
    Version version = release.version();
    if (!entry.equals(version + ".json")) {
      throw new IllegalArgumentException("must be named " + version + ".json after its version");
    }
    if (bundled.contains(version) || version.compareTo(FLOOR) < 0) {
      throw new IllegalArgumentException(
          "must be of a version that Ringfence has no table of, and not below " + FLOOR);
    }
    for (String name : release.ownOpenable().keySet()) {
      if (Lazy.CLASSES.knows(name)) {
        throw new IllegalArgumentException(
            "must not open " + name + ", which Ringfence classifies");
      }
      if (release.argument(name).isEmpty()) {
        throw new IllegalArgumentException("must not open an argument that it does not list");
      }
    }
    for (String name : Lazy.CLASSES.required()) {
      if (release.argument(name).isEmpty()) {
        throw new IllegalArgumentException(
            "must list " + name + ", which Ringfence renders for every engine");
      }
    }
    return release;
  }

  /**
   * Judges a list of extra arguments: one verdict for each argument, in order.
   *
   * @param extraArgs as a workload has them
   * @param release the tables of the engine's version
   * @param allowedByPolicy canonical names that the policy opens
   */
  public List<ArgumentVerdict> judge(
      List<String> extraArgs, Release release, Set<String> allowedByPolicy) {
    return List.copyOf(new Judge(Lazy.CLASSES, release, allowedByPolicy).judge(extraArgs));
  }

  /**
   * Judges one variable.
   *
   * @param allowedByPolicy names that the policy opens
   */
  public VariableVerdict judge(String name, String value, Set<String> allowedByPolicy) {
    if (!VARIABLE_NAME.matcher(name).matches()) {
      return new VariableVerdict.Refused(
          "VLLM-209", "must have a name of letters, digits and _", "remove it", false);
    }
    Optional<Openable> openable = Lazy.CLASSES.variable(name);
    if (openable.isEmpty()) {
      Classification.Treatment.Never never = Lazy.CLASSES.neverVariable(name);
      return new VariableVerdict.Refused(
          never.ruleId(), "must not be set, " + never.because(), never.fix(), false);
    }
    Openable o = openable.orElseThrow();
    if (!allowedByPolicy.contains(name)) {
      return new VariableVerdict.Refused(
          "VLLM-209",
          "must be a variable that the policy opens",
          "remove it, or have "
              + name
              + " added to spec.engine.allowedEnvironment of the VLLMPolicy",
          false);
    }
    return o.takes(Optional.of(value))
        ? new VariableVerdict.Allowed(name, value)
        : new VariableVerdict.Refused(
            "VLLM-209", "must have " + o.bound(), "set " + name + " to " + o.bound(), true);
  }

  /** The argument of exactly this canonical name, where a policy may open it. */
  public Optional<Openable> openableArgument(String name) {
    if (Lazy.CLASSES.of(name) instanceof Classification.Treatment.Open open) {
      return Optional.of(open.openable());
    }
    return further.values().stream()
        .flatMap(r -> Optional.ofNullable(r.ownOpenable().get(name)).stream())
        .findFirst();
  }

  /** The variable of exactly this name, where a policy may open it. */
  public Optional<Openable> openableVariable(String name) {
    return Lazy.CLASSES.variable(name);
  }

  /** Every argument that Ringfence lets policies open, by name. */
  public List<Openable> openableArguments() {
    return Lazy.CLASSES.arguments().values().stream()
        .filter(Classification.Treatment.Open.class::isInstance)
        .map(c -> ((Classification.Treatment.Open) c).openable())
        .toList();
  }

  /** Every variable that Ringfence lets policies open, by name. */
  public List<Openable> openableVariables() {
    return List.copyOf(Lazy.CLASSES.variables().values());
  }

  static Classification classes() {
    return Lazy.CLASSES;
  }

  private static SortedSet<Version> bundledVersions() {
    SortedSet<Version> versions = new TreeSet<>();
    resource("versions.json").forEach(n -> versions.add(Version.parse(n.asText()).orElseThrow()));
    return versions;
  }

  private static JsonNode resource(String name) {
    try (InputStream in = Knowledge.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("not on the class path: " + name);
      }
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
