package dev.ringfence.validate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.input.Manifest;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Kind;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Rule;
import dev.ringfence.rules.SecretUses;
import dev.ringfence.rules.Surroundings;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.rules.Surroundings.Neighbours;
import dev.ringfence.rules.Surroundings.PolicyState;
import dev.ringfence.rules.Surroundings.SecretUse;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Violation;
import dev.ringfence.rules.Workload;
import dev.ringfence.vllm.Knowledge;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The objects of one input, judged with each other as their surroundings. The order of documents
 * does not matter.
 */
public final class Batch {
  public static final String GROUP = "ringfence.dev";
  public static final String API_VERSION = GROUP + "/v1alpha1";
  private static final String WORKLOAD = "VLLMDeployment";
  private static final String MODEL = "TrustedModel";
  private static final String POLICY = "VLLMPolicy";
  private static final Set<String> KINDS = Set.of(WORKLOAD, MODEL, POLICY);
  private static final String HOME = "default";

  private final List<Subject> subjects;
  private final Knowledge knowledge;
  private final Instant now;

  /** An object and what has been found about it so far. */
  private static final class Subject {
    private final Manifest manifest;
    private final List<Violation> violations = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private Optional<Workload> workload = Optional.empty();

    Subject(Manifest manifest) {
      this.manifest = manifest;
    }

    void shape(String path, Kind kind, String detail) {
      violations.add(new Violation(path, kind, Optional.empty(), Rule.VLLM_001, detail));
    }

    Finding finding() {
      return new Finding(
          manifest, List.copyOf(new TreeSet<>(violations)), List.copyOf(warnings), workload);
    }
  }

  private Batch(List<Manifest> manifests, Knowledge knowledge, Instant now) {
    this.subjects = manifests.stream().map(Subject::new).toList();
    this.knowledge = withTables(manifests, knowledge);
    this.now = now;
  }

  /** Judges all objects; the findings stand in the order of the manifests. */
  public static List<Finding> judge(List<Manifest> manifests, Knowledge knowledge, Instant now) {
    return new Batch(manifests, knowledge, now).findings();
  }

  /** Whether an object is one that Ringfence judges or uses. */
  public static boolean ours(Manifest m) {
    return KINDS.contains(m.kind())
        || group(m).equals(GROUP)
        || isNamespace(m)
        || m.kind().isEmpty();
  }

  private static boolean isNamespace(Manifest m) {
    return m.kind().equals("Namespace") && m.apiVersion().equals("v1");
  }

  private static String group(Manifest m) {
    int slash = m.apiVersion().indexOf('/');
    return slash < 0 ? "" : m.apiVersion().substring(0, slash);
  }

  /**
   * Argument tables of newer versions, where the input holds the ConfigMap that its policy names.
   */
  private static Knowledge withTables(List<Manifest> manifests, Knowledge knowledge) {
    Set<String> names = new HashSet<>();
    for (Manifest m : manifests) {
      if (m.kind().equals(POLICY)) {
        names.add(m.json().path("spec").path("engine").path("argumentTables").asText(""));
      }
    }
    Knowledge extended = knowledge;
    for (Manifest m : manifests) {
      if (m.kind().equals("ConfigMap") && names.contains(m.name())) {
        Map<String, String> data = new TreeMap<>();
        m.json()
            .path("data")
            .properties()
            .forEach(e -> data.put(e.getKey(), e.getValue().asText()));
        extended = extended.with(data).knowledge();
      }
    }
    return extended;
  }

  private List<Finding> findings() {
    Set<String> seen = new HashSet<>();
    Set<String> twins = new HashSet<>();
    for (Subject s : subjects) {
      envelope(s);
      Manifest m = s.manifest;
      String key = m.kind() + "/" + namespace(m) + "/" + m.name();
      if ((KINDS.contains(m.kind()) || isNamespace(m)) && !m.name().isEmpty() && !seen.add(key)) {
        twins.add(key);
        s.shape(
            "metadata.name",
            Kind.DUPLICATE,
            "must be in the input once, there is the same object twice; remove one of the two");
      }
    }
    workloads(policy(), catalogue(twins), namespaces());
    return subjects.stream().map(Subject::finding).toList();
  }

  private static void envelope(Subject s) {
    Manifest m = s.manifest;
    JsonNode kind = m.json().path("kind");
    JsonNode version = m.json().path("apiVersion");
    if (!kind.isTextual() || kind.textValue().isEmpty()) {
      s.shape(
          "kind",
          Kind.REQUIRED,
          "must be there, every object has one; add kind: VLLMDeployment, TrustedModel or VLLMPolicy");
    } else if (!version.isTextual() || version.textValue().isEmpty()) {
      s.shape(
          "apiVersion",
          Kind.REQUIRED,
          "must be there, every object has one; add apiVersion: " + API_VERSION);
    } else if (KINDS.contains(m.kind()) && !m.apiVersion().equals(API_VERSION)) {
      s.shape("apiVersion", Kind.UNSUPPORTED, "must be " + API_VERSION + "; correct it");
    } else if (group(m).equals(GROUP) && !KINDS.contains(m.kind())) {
      s.shape(
          "kind",
          Kind.UNSUPPORTED,
          "must be one of TrustedModel, VLLMDeployment, VLLMPolicy in " + GROUP + "; correct it");
    } else if (!ours(m)) {
      s.warnings.add("not judged: " + PlainText.of(m.kind()) + " is not one of Ringfence's kinds");
    }
  }

  private List<Subject> ofKind(String kind) {
    return subjects.stream().filter(s -> s.manifest.kind().equals(kind)).toList();
  }

  private PolicyState policy() {
    List<Policy> valid = new ArrayList<>();
    int called = 0;
    for (Subject s : ofKind(POLICY)) {
      Manifest m = s.manifest;
      called += m.name().equals("default") ? 1 : 0;
      switch (Check.policy(m.json(), knowledge, now)) {
        case Judged.Valid<Policy> v -> {
          s.warnings.addAll(v.warnings());
          if (s.violations.isEmpty()) {
            valid.add(v.value());
          }
        }
        case Judged.Invalid<Policy> i -> {
          s.warnings.addAll(i.warnings());
          s.violations.addAll(i.violations());
        }
      }
    }
    if (called == 0) {
      return new PolicyState.Missing();
    }
    return called == 1 && valid.size() == 1
        ? new PolicyState.Valid(valid.get(0))
        : new PolicyState.Invalid();
  }

  private Catalogue catalogue(Set<String> twins) {
    Map<String, Optional<TrustedModel>> models = new HashMap<>();
    for (Subject s : ofKind(MODEL)) {
      Manifest m = s.manifest;
      switch (Check.model(m.json(), knowledge)) {
        case Judged.Valid<TrustedModel> v -> {
          s.warnings.addAll(v.warnings());
          models.put(m.name(), s.violations.isEmpty() ? Optional.of(v.value()) : Optional.empty());
        }
        case Judged.Invalid<TrustedModel> i -> {
          s.warnings.addAll(i.warnings());
          s.violations.addAll(i.violations());
          models.put(m.name(), Optional.empty());
        }
      }
    }
    // Which of two objects of one name counts is not for an input's order to say.
    models.replaceAll(
        (name, model) -> twins.contains(MODEL + "//" + name) ? Optional.empty() : model);
    return new Catalogue(models);
  }

  private Map<String, Map<String, String>> namespaces() {
    Map<String, Map<String, String>> namespaces = new HashMap<>();
    for (Subject s : subjects) {
      Manifest m = s.manifest;
      if (isNamespace(m)) {
        Map<String, String> labels = new TreeMap<>();
        m.json()
            .path("metadata")
            .path("labels")
            .properties()
            .forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
        namespaces.put(m.name(), labels);
      }
    }
    return namespaces;
  }

  private static String namespace(Manifest m) {
    return m.kind().equals(WORKLOAD) ? (m.namespace().isEmpty() ? HOME : m.namespace()) : "";
  }

  private void workloads(
      PolicyState policy, Catalogue catalogue, Map<String, Map<String, String>> namespaces) {
    Map<String, List<SecretUse>> secrets = new HashMap<>();
    Map<String, Integer> count = new HashMap<>();
    for (Subject s : ofKind(WORKLOAD)) {
      Manifest m = s.manifest;
      String namespace = namespace(m);
      if (m.namespace().isEmpty()) {
        s.warnings.add("no namespace is given, judged as for the namespace " + HOME);
      }
      NamespaceFacts facts =
          namespaces.containsKey(namespace)
              ? new NamespaceFacts.Known(namespaces.getOrDefault(namespace, Map.of()))
              : new NamespaceFacts.Unknown();
      List<SecretUse> before = secrets.computeIfAbsent(namespace, n -> new ArrayList<>());
      Surroundings surroundings =
          new Surroundings(
              policy,
              catalogue,
              facts,
              new Neighbours(count.getOrDefault(namespace, 0), List.copyOf(before)),
              Optional.empty(),
              knowledge,
              now);
      Verdict verdict = Check.workload(m.json(), surroundings);
      s.warnings.addAll(verdict.warnings());
      switch (verdict) {
        case Verdict.Accepted a -> {
          if (s.violations.isEmpty()) {
            s.workload = Optional.of(a.workload());
          }
        }
        case Verdict.Rejected r -> s.violations.addAll(r.violations());
      }
      before.addAll(SecretUses.of(m.json()));
      count.merge(namespace, 1, Integer::sum);
    }
  }

  /** As a summary counts them: {@code 1 workload}, {@code 2 workloads}. */
  public static String counted(long n, String what) {
    return n + " " + what + (n == 1 ? "" : "s").toLowerCase(Locale.ROOT);
  }
}
