package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawObject;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.SecretUses;
import dev.ringfence.rules.Surroundings;
import dev.ringfence.rules.Surroundings.Before;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.rules.Surroundings.Neighbours;
import dev.ringfence.rules.Surroundings.PolicyState;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Verdict;
import dev.ringfence.rules.Workload;
import dev.ringfence.vllm.Knowledge;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Reads what a judgement rests on from the informers, and asks the rules. */
final class Surveyor {
  /** The policy and the catalogue as they are now. */
  record Survey(
      Optional<RawPolicy> policyObject,
      PolicyState policy,
      Map<String, RawModel> modelObjects,
      Catalogue catalogue,
      Map<String, String> namespaceLabels,
      Map<String, String> argumentTables,
      Knowledge knowledge) {

    Optional<Policy> validPolicy() {
      return policy instanceof PolicyState.Valid valid
          ? Optional.of(valid.policy())
          : Optional.empty();
    }
  }

  /** Judged models by uid and resourceVersion: file lists are long, and they hardly ever change. */
  private final Map<String, Optional<TrustedModel>> models = new ConcurrentHashMap<>();

  private final Map<String, Knowledge> extended = new ConcurrentHashMap<>();
  private final World world;
  private final ModelHistory history;

  private final Api api;

  Surveyor(World world, Api api, ModelHistory history) {
    this.world = world;
    this.api = api;
    this.history = history;
  }

  /**
   * @param accepted what a workload was accepted with: a model that has become another since then
   *     counts as none for it
   */
  Survey survey(String namespace, Optional<Inputs> accepted, Instant now) {
    Optional<RawPolicy> policyObject =
        world.all(RawPolicy.class).stream()
            .filter(p -> p.getMetadata().getName().equals("default"))
            .findFirst();
    Optional<ConfigMap> tables =
        policyObject
            .map(p -> p.spec().path("engine").path("argumentTables").asText())
            .filter(name -> !name.isEmpty())
            .flatMap(world::tables);
    Map<String, String> argumentTables = tables.map(ConfigMap::getData).orElse(Map.of());
    Knowledge knowledge = tables.map(this::knowledge).orElseGet(Knowledge::bundled);
    Map<String, RawModel> modelObjects = new HashMap<>();
    Map<String, Optional<TrustedModel>> catalogue = new HashMap<>();
    for (RawModel model : world.all(RawModel.class)) {
      modelObjects.put(model.getMetadata().getName(), model);
      boolean changed =
          !history.faults(model).isEmpty()
              || accepted.filter(a -> ModelHistory.changedSince(a, model)).isPresent();
      catalogue.put(
          model.getMetadata().getName(),
          changed ? Optional.empty() : model(model, tables, knowledge));
    }
    return new Survey(
        policyObject,
        policy(policyObject.map(RawPolicy::tree), knowledge, now),
        modelObjects,
        new Catalogue(Map.copyOf(catalogue)),
        namespaceLabels(namespace),
        argumentTables,
        knowledge);
  }

  /**
   * A namespace that is younger than the informer's view of it must not be taken for a bare one.
   */
  private Map<String, String> namespaceLabels(String name) {
    return world
        .get(Namespace.class, new ResourceID(name))
        .or(
            () ->
                api.get(
                    new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build()))
        .map(ns -> ns.getMetadata().getLabels())
        .orElse(Map.of());
  }

  private Knowledge knowledge(ConfigMap tables) {
    String key = version(tables);
    Knowledge known = extended.get(key);
    if (known == null) {
      known = Knowledge.bundled().with(tables.getData()).knowledge();
      extended.clear();
      extended.put(key, known);
    }
    return known;
  }

  private static String version(HasMetadata object) {
    return object.getMetadata().getUid() + "/" + object.getMetadata().getResourceVersion();
  }

  private Optional<TrustedModel> model(
      RawModel model, Optional<ConfigMap> tables, Knowledge knowledge) {
    if (models.size() > 10_000) {
      models.clear();
    }
    return models.computeIfAbsent(
        version(model) + "/" + tables.map(Surveyor::version).orElse(""),
        key -> valid(Check.model(model.tree(), knowledge)));
  }

  private static PolicyState policy(Optional<ObjectNode> policy, Knowledge knowledge, Instant now) {
    return policy
        .map(
            tree ->
                switch (Check.policy(tree, knowledge, now)) {
                  case Judged.Valid<Policy> valid -> new PolicyState.Valid(valid.value());
                  case Judged.Invalid<Policy> ignored -> new PolicyState.Invalid();
                })
        .orElseGet(PolicyState.Missing::new);
  }

  private static <T> Optional<T> valid(Judged<T> judged) {
    return switch (judged) {
      case Judged.Valid<T> valid -> Optional.of(valid.value());
      case Judged.Invalid<T> ignored -> Optional.empty();
    };
  }

  /** The workload as it is written, now. */
  Verdict now(RawWorkload workload, Optional<Before> before, Survey survey, Instant now) {
    return Check.workload(workload.tree(), surroundings(survey, neighbours(workload), before, now));
  }

  /** What was accepted, under what is in force now. */
  Verdict today(Inputs inputs, Survey survey, Instant now) {
    return Check.workload(
        inputs.workload().deepCopy(), surroundings(survey, Neighbours.NONE, Optional.empty(), now));
  }

  private static Surroundings surroundings(
      Survey survey, Neighbours neighbours, Optional<Before> before, Instant now) {
    return new Surroundings(
        survey.policy(),
        survey.catalogue(),
        new NamespaceFacts.Known(survey.namespaceLabels()),
        neighbours,
        before,
        survey.knowledge(),
        now);
  }

  /**
   * What was accepted, under what was in force then: whatever a record holds, the rules decide what
   * it is worth.
   */
  static Verdict asAccepted(Inputs inputs) {
    Knowledge knowledge = inputs.knowledge();
    Map<String, Optional<TrustedModel>> catalogue = new HashMap<>();
    Optional<TrustedModel> model =
        inputs.model().flatMap(tree -> valid(Check.model(tree.deepCopy(), knowledge)));
    inputs
        .model()
        .ifPresent(tree -> catalogue.put(tree.path("metadata").path("name").asText(), model));
    return Check.workload(
        inputs.workload().deepCopy(),
        new Surroundings(
            policy(inputs.policy().map(ObjectNode::deepCopy), knowledge, inputs.acceptedAt()),
            new Catalogue(Map.copyOf(catalogue)),
            new NamespaceFacts.Known(inputs.namespaceLabels()),
            Neighbours.NONE,
            // The volume as it was made then, so that a size that was derived is derived again.
            model.map(m -> new Before(inputs.storage(), m)),
            knowledge,
            inputs.acceptedAt()));
  }

  /** Neighbours that were there first. */
  private Neighbours neighbours(RawWorkload workload) {
    List<RawWorkload> earlier =
        world.workloads().in(workload.getMetadata().getNamespace()).stream()
            .flatMap(id -> world.workloads().get(id).stream())
            .filter(other -> before(other, workload))
            .toList();
    return new Neighbours(
        earlier.size(),
        earlier.stream().flatMap(other -> SecretUses.of(other.tree()).stream()).toList());
  }

  static boolean before(RawWorkload other, RawWorkload workload) {
    int byAge =
        other
            .getMetadata()
            .getCreationTimestamp()
            .compareTo(workload.getMetadata().getCreationTimestamp());
    return byAge < 0
        || (byAge == 0
            && other.getMetadata().getName().compareTo(workload.getMetadata().getName()) < 0);
  }

  /** All that the acceptance of a workload rests on. */
  static Inputs inputs(
      RawWorkload workload, Workload accepted, Survey survey, String guardImage, Instant now) {
    ObjectNode tree = workload.tree();
    if (tree.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove(List.of("labels", "annotations"));
    }
    String table = accepted.engine().version().base() + ".json";
    return new Inputs(
        tree,
        workload.getMetadata().getGeneration(),
        survey.policyObject().map(Surveyor::stripped),
        survey.policyObject().map(p -> p.getMetadata().getGeneration()).orElse(0L),
        Optional.ofNullable(
                survey.modelObjects().get(workload.spec().path("model").path("ref").asText()))
            .map(Surveyor::stripped),
        survey.namespaceLabels(),
        survey.argumentTables().containsKey(table)
            ? Map.of(table, survey.argumentTables().get(table))
            : Map.of(),
        accepted.storage(),
        guardImage,
        now);
  }

  private static ObjectNode stripped(RawObject object) {
    ObjectNode tree = object.tree();
    if (tree.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove(List.of("labels", "annotations"));
    }
    return tree;
  }
}
