package dev.ringfence.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.SecretUses;
import dev.ringfence.rules.Surroundings;
import dev.ringfence.rules.Surroundings.Before;
import dev.ringfence.rules.Surroundings.Neighbours;
import dev.ringfence.rules.Surroundings.PolicyState;
import dev.ringfence.rules.Surroundings.SecretUse;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Violation;
import dev.ringfence.vllm.Knowledge;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Judges requests with the facts of one moment. */
final class Judge {
  /** On a TrustedModel or VLLMPolicy: it may be deleted though it is in use. */
  static final String ALLOW_DELETE = "ringfence.dev/allow-delete";

  private static final int USERS_SHOWN = 10;

  private final Facts facts;
  private final Instant now;

  Judge(Facts facts, Instant now) {
    this.facts = facts;
    this.now = now;
  }

  Outcome judge(Request request) {
    Optional<Crd> kind = request.kind();
    if (kind.isEmpty()) {
      return new Outcome.Allowed(List.of("not judged: not one of Ringfence's kinds"));
    }
    if (!request.subresource().isEmpty()) {
      return Outcome.allowed();
    }
    return switch (request.operation()) {
      case "CREATE" -> changed(kind.get(), request, Optional.empty());
      case "UPDATE" -> changed(kind.get(), request, request.oldObject());
      case "DELETE" ->
          switch (kind.get()) {
            case VLLM_DEPLOYMENT -> Outcome.allowed();
            case TRUSTED_MODEL -> deleted("TrustedModel", request, users(request.name()));
            case VLLM_POLICY -> deleted("VLLMPolicy", request, users());
          };
      default -> Outcome.allowed();
    };
  }

  private Outcome changed(Crd kind, Request request, Optional<ObjectNode> before) {
    if (request.object().isEmpty()) {
      return new Outcome.Unreadable("the AdmissionReview holds no object");
    }
    ObjectNode object = request.object().get();
    if (before.isPresent() && object.path("metadata").hasNonNull("deletionTimestamp")) {
      // Only finalizers can still change, and nothing may keep a deletion from ending.
      return Outcome.allowed();
    }
    return switch (kind) {
      case VLLM_DEPLOYMENT -> workload(request.namespace(), object, before);
      case TRUSTED_MODEL -> model(object, before);
      case VLLM_POLICY -> policy(object, before);
    };
  }

  private Outcome workload(String namespace, ObjectNode object, Optional<ObjectNode> before) {
    Optional<JsonNode> written = facts.policy();
    Knowledge knowledge = facts.knowledge(written.flatMap(Judge::tables));
    PolicyState policy =
        written
            .<PolicyState>map(
                tree ->
                    Check.policy(tree, knowledge, now) instanceof Judged.Valid<Policy> valid
                        ? new PolicyState.Valid(valid.value())
                        : new PolicyState.Invalid())
            .orElseGet(PolicyState.Missing::new);
    Surroundings surroundings =
        new Surroundings(
            policy,
            facts.catalogue(knowledge),
            facts.namespace(namespace),
            neighbours(namespace, object, before),
            Optional.empty(),
            knowledge,
            now);
    if (before.isEmpty()) {
      return outcome(Check.workload(object, surroundings));
    }
    Verdict old = Check.workload(before.get(), surroundings);
    Verdict fresh = Check.workload(object, after(old, surroundings));
    return switch (fresh) {
      case Verdict.Accepted a -> new Outcome.Allowed(a.warnings());
      case Verdict.Rejected r -> {
        List<Violation> known =
            old instanceof Verdict.Rejected o ? o.violations() : List.<Violation>of();
        yield Carried.onlyLess(before.get().path("spec"), object.path("spec"))
            ? carried(r.violations(), known, r.warnings())
            : new Outcome.Invalid(r.violations(), r.warnings());
      }
    };
  }

  /** What was accepted has a volume by now, which decides what storage may become. */
  private static Surroundings after(Verdict old, Surroundings s) {
    return old instanceof Verdict.Accepted a
        ? new Surroundings(
            s.policy(),
            s.catalogue(),
            s.namespace(),
            s.neighbours(),
            Optional.of(new Before(a.workload().storage(), a.workload().model())),
            s.knowledge(),
            s.now())
        : s;
  }

  private static Outcome outcome(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Accepted a -> new Outcome.Allowed(a.warnings());
      case Verdict.Rejected r -> new Outcome.Invalid(r.violations(), r.warnings());
    };
  }

  /**
   * A Secret that any other workload uses is taken. Of the number, as for the reconciler, only
   * those count that were there first.
   */
  private Neighbours neighbours(String namespace, ObjectNode object, Optional<ObjectNode> before) {
    String name = object.path("metadata").path("name").asText();
    List<JsonNode> others =
        facts.workloads(namespace).stream()
            .filter(w -> !w.path("metadata").path("name").asText().equals(name))
            .toList();
    long earlier =
        before.isEmpty() ? others.size() : others.stream().filter(w -> first(w, object)).count();
    List<SecretUse> secrets = others.stream().flatMap(w -> SecretUses.of(w).stream()).toList();
    return new Neighbours(Math.toIntExact(earlier), secrets);
  }

  private static boolean first(JsonNode other, JsonNode object) {
    Comparator<JsonNode> byAge =
        Comparator.<JsonNode, String>comparing(
                w -> w.path("metadata").path("creationTimestamp").asText())
            .thenComparing(w -> w.path("metadata").path("name").asText());
    return byAge.compare(other, object) < 0;
  }

  private static Optional<String> tables(JsonNode policy) {
    return Optional.ofNullable(
        policy.path("spec").path("engine").path("argumentTables").textValue());
  }

  private Outcome policy(ObjectNode object, Optional<ObjectNode> before) {
    Knowledge knowledge = facts.knowledge(tables(object));
    return judged(
        Check.policy(object, knowledge, now), before.map(b -> Check.policy(b, knowledge, now)));
  }

  private Outcome model(ObjectNode object, Optional<ObjectNode> before) {
    Knowledge knowledge = facts.knowledge(facts.policy().flatMap(Judge::tables));
    List<Violation> changed = before.map(b -> Check.modelUpdate(b, object)).orElseGet(List::of);
    if (!changed.isEmpty()) {
      List<Violation> all = new ArrayList<>(changed);
      if (Check.model(object, knowledge) instanceof Judged.Invalid<TrustedModel> i) {
        all.addAll(i.violations());
      }
      return new Outcome.Invalid(List.copyOf(new TreeSet<>(all)), List.of());
    }
    Outcome outcome =
        judged(Check.model(object, knowledge), before.map(b -> Check.model(b, knowledge)));
    if (outcome instanceof Outcome.Allowed allowed
        && revoked(object)
        && !before.map(Judge::revoked).orElse(true)) {
      List<String> users = users(object.path("metadata").path("name").asText());
      if (!users.isEmpty()) {
        List<String> warnings = new ArrayList<>(allowed.warnings());
        warnings.add("engines of " + counted(users) + " stop: " + listed(users));
        return new Outcome.Allowed(warnings);
      }
    }
    return outcome;
  }

  private static boolean revoked(JsonNode model) {
    return model.path("spec").hasNonNull("revoked");
  }

  private static <T> Outcome judged(Judged<T> fresh, Optional<Judged<T>> old) {
    return switch (fresh) {
      case Judged.Valid<T> v -> new Outcome.Allowed(v.warnings());
      case Judged.Invalid<T> i ->
          old.isPresent() && old.get() instanceof Judged.Invalid<T> o
              ? carried(i.violations(), o.violations(), i.warnings())
              : new Outcome.Invalid(i.violations(), i.warnings());
    };
  }

  private static Outcome carried(
      List<Violation> after, List<Violation> before, List<String> warnings) {
    Carried.Split split = Carried.split(after, before);
    if (!split.fresh().isEmpty()) {
      return new Outcome.Invalid(after, warnings);
    }
    return new Outcome.Allowed(
        Stream.concat(
                split.carried().stream().map(v -> "as before, " + v.message()), warnings.stream())
            .toList());
  }

  private Outcome deleted(String kind, Request request, List<String> users) {
    if (users.isEmpty()) {
      return Outcome.allowed();
    }
    boolean forced =
        request
            .oldObject()
            .map(o -> o.path("metadata").path("annotations").path(ALLOW_DELETE).asText())
            .equals(Optional.of("true"));
    if (forced) {
      return new Outcome.Allowed(
          List.of(
              "deleted though "
                  + counted(users)
                  + (users.size() == 1 ? " uses it: " : " use it: ")
                  + listed(users)));
    }
    return new Outcome.InUse(
        "metadata.name: Forbidden: "
            + (kind.equals("TrustedModel") ? "VLLM-401" : "VLLM-507")
            + " must not be deleted while "
            + counted(users)
            + (users.size() == 1 ? " uses it: " : " use it: ")
            + listed(users)
            + "; delete or change "
            + (users.size() == 1 ? "it" : "them")
            + " first"
            + (kind.equals("TrustedModel")
                ? ", or set spec.revoked to stop its engines now"
                : ", nothing new is accepted without a policy")
            + ", or annotate this object with "
            + ALLOW_DELETE
            + "=true",
        List.of());
  }

  private List<String> users(String model) {
    return names(
        facts.workloads().stream()
            .filter(w -> w.path("spec").path("model").path("ref").asText().equals(model)));
  }

  private List<String> users() {
    return names(facts.workloads().stream());
  }

  private static List<String> names(Stream<JsonNode> workloads) {
    return workloads
        .map(w -> w.path("metadata"))
        .map(m -> m.path("namespace").asText() + "/" + m.path("name").asText())
        .sorted()
        .toList();
  }

  private static String counted(List<String> users) {
    return users.size() + (users.size() == 1 ? " workload" : " workloads");
  }

  private static String listed(List<String> users) {
    String shown = String.join(", ", users.subList(0, Math.min(USERS_SHOWN, users.size())));
    return users.size() <= USERS_SHOWN
        ? shown
        : shown + " and " + (users.size() - USERS_SHOWN) + " more";
  }
}
