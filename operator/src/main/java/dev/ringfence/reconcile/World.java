package dev.ringfence.reconcile;

import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.SecondaryToPrimaryMapper;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The cluster as the informers see it, and who is to be reconciled when something in it changes.
 */
final class World {
  static final String WORKLOAD = "ringfence.dev/workload";
  static final String MANAGED = "app.kubernetes.io/managed-by=ringfence";

  /** The kinds of objects that belong to a workload, pods and their ReplicaSets aside. */
  static final List<Class<? extends HasMetadata>> CHILDREN =
      List.of(
          ServiceAccount.class,
          ConfigMap.class,
          Service.class,
          PodDisruptionBudget.class,
          Deployment.class,
          Job.class,
          PersistentVolumeClaim.class,
          ControllerRevision.class);

  private static final String BY_OWNER = "ringfence-owner";
  private static final String BY_NAMESPACE = "ringfence-namespace";

  private final Map<
          Class<? extends HasMetadata>, InformerEventSource<? extends HasMetadata, RawWorkload>>
      sources = new LinkedHashMap<>();
  private final Workloads workloads;
  private final InformerEventSource<ConfigMap, RawWorkload> tables;

  /**
   * @param namespace the operator's own
   */
  World(EventSourceContext<RawWorkload> context, String namespace) {
    this.workloads = new Workloads(context);
    for (Class<? extends HasMetadata> kind : CHILDREN) {
      child(context, kind, MANAGED);
    }
    child(context, Pod.class, WORKLOAD);
    child(context, ReplicaSet.class, WORKLOAD);
    source(
        context,
        NetworkPolicy.class,
        config(NetworkPolicy.class, "networkpolicies")
            .withNamespacesInheritedFromController()
            .withSecondaryToPrimaryMapper(
                policy -> {
                  Set<ResourceID> owners = owners(policy);
                  return owners.isEmpty()
                      ? workloads.in(policy.getMetadata().getNamespace())
                      : owners;
                })
            .build());
    Concerns concerns = new Concerns(known());
    source(
        context,
        Namespace.class,
        config(Namespace.class, "namespaces")
            .withWatchAllNamespaces()
            .withOnUpdateFilter(
                (after, before) ->
                    !after.getMetadata().getLabels().equals(before.getMetadata().getLabels()))
            .withSecondaryToPrimaryMapper(ns -> workloads.in(ns.getMetadata().getName()))
            .build());
    source(
        context,
        RawPolicy.class,
        config(RawPolicy.class, "policies")
            .withWatchAllNamespaces()
            .withOnUpdateFilter(World::rewritten)
            .withSecondaryToPrimaryMapper(concerns::of)
            .build());
    source(
        context,
        RawModel.class,
        config(RawModel.class, "models")
            .withWatchAllNamespaces()
            .withOnUpdateFilter(World::rewritten)
            .withSecondaryToPrimaryMapper(concerns::of)
            .build());
    this.tables =
        new InformerEventSource<>(
            config(ConfigMap.class, "argumenttables")
                .withNamespaces(Set.of(namespace))
                .withOnUpdateFilter((after, before) -> !after.getData().equals(before.getData()))
                .withSecondaryToPrimaryMapper(map -> concerns.ofTables(map.getMetadata().getName()))
                .build(),
            context);
  }

  private Concerns.Known known() {
    return new Concerns.Known() {
      @Override
      public Stream<RawWorkload> workloads() {
        return workloads.stream();
      }

      @Override
      public List<RawModel> models() {
        return all(RawModel.class);
      }

      @Override
      public List<RawPolicy> policies() {
        return all(RawPolicy.class);
      }
    };
  }

  private static boolean rewritten(HasMetadata after, HasMetadata before) {
    return !after.getMetadata().getGeneration().equals(before.getMetadata().getGeneration());
  }

  private static <R extends HasMetadata> InformerEventSourceConfiguration.Builder<R> config(
      Class<R> kind, String name) {
    // Without this mapper JOSDK would keep an index of its own and call the other mapper twice for
    // each event.
    return InformerEventSourceConfiguration.from(kind, RawWorkload.class)
        .withName(name)
        .withPrimaryToSecondaryMapper((RawWorkload workload) -> Set.of());
  }

  private <R extends HasMetadata> void child(
      EventSourceContext<RawWorkload> context, Class<R> kind, String labels) {
    SecondaryToPrimaryMapper<R> owners = World::owners;
    source(
        context,
        kind,
        config(kind, kind.getSimpleName().toLowerCase(java.util.Locale.ROOT) + "s")
            .withLabelSelector(labels)
            .withNamespacesInheritedFromController()
            .withSecondaryToPrimaryMapper(owners)
            .build());
  }

  private <R extends HasMetadata> void source(
      EventSourceContext<RawWorkload> context,
      Class<R> kind,
      InformerEventSourceConfiguration<R> configuration) {
    InformerEventSource<R, RawWorkload> source = new InformerEventSource<>(configuration, context);
    source.addIndexers(
        Map.of(
            BY_OWNER, object -> owners(object).stream().map(World::key).toList(),
            BY_NAMESPACE,
                object ->
                    Optional.ofNullable(object.getMetadata().getNamespace()).stream().toList()));
    sources.put(kind, source);
  }

  private static String key(ResourceID id) {
    return id.getNamespace().orElse("") + "/" + id.getName();
  }

  List<EventSource<?, RawWorkload>> eventSources() {
    return Stream.<EventSource<?, RawWorkload>>concat(
            sources.values().stream(), Stream.of(workloads, tables))
        .toList();
  }

  /** The workloads that an object says it belongs to, by owner reference or by label. */
  private static Set<ResourceID> owners(HasMetadata object) {
    String namespace = object.getMetadata().getNamespace();
    Stream<String> byReference =
        object.getMetadata().getOwnerReferences().stream()
            .filter(World::isWorkload)
            .map(OwnerReference::getName);
    Stream<String> byLabel =
        Optional.ofNullable(object.getMetadata().getLabels()).map(l -> l.get(WORKLOAD)).stream();
    return Stream.concat(byReference, byLabel)
        .map(name -> new ResourceID(name, namespace))
        .collect(Collectors.toUnmodifiableSet());
  }

  static boolean isWorkload(OwnerReference reference) {
    return "VLLMDeployment".equals(reference.getKind())
        && reference.getApiVersion() != null
        && reference.getApiVersion().startsWith("ringfence.dev/");
  }

  /** Every object of a kind in a namespace that says it belongs to a workload of that name. */
  <R extends HasMetadata> List<R> of(Class<R> kind, ResourceID workload) {
    return source(kind).byIndex(BY_OWNER, key(workload));
  }

  <R extends HasMetadata> List<R> in(Class<R> kind, String namespace) {
    return source(kind).byIndex(BY_NAMESPACE, namespace);
  }

  <R extends HasMetadata> List<R> all(Class<R> kind) {
    return source(kind).list(object -> true).toList();
  }

  <R extends HasMetadata> Optional<R> get(Class<R> kind, ResourceID id) {
    return source(kind).get(id);
  }

  @SuppressWarnings("unchecked") // the map holds a source of R's for the class of R
  private <R extends HasMetadata> InformerEventSource<R, RawWorkload> source(Class<R> kind) {
    InformerEventSource<R, RawWorkload> source =
        (InformerEventSource<R, RawWorkload>) sources.get(kind);
    if (source == null) {
      throw new IllegalArgumentException("not watched: " + kind);
    }
    return source;
  }

  Workloads workloads() {
    return workloads;
  }

  /** A ConfigMap in the operator's namespace. */
  Optional<ConfigMap> tables(String name) {
    return tables.list(map -> map.getMetadata().getName().equals(name)).findFirst();
  }

  /** Asks for a reconcile of each. */
  void nudge(Collection<ResourceID> ids) {
    workloads.nudge(ids);
  }

  /** The workloads themselves, as neighbours of each other. */
  static final class Workloads extends InformerEventSource<RawWorkload, RawWorkload> {
    private BiConsumer<Optional<RawWorkload>, Optional<RawWorkload>> listener =
        (before, after) -> {};

    Workloads(EventSourceContext<RawWorkload> context) {
      super(
          config(RawWorkload.class, "neighbours")
              .withNamespacesInheritedFromController()
              .withOnUpdateFilter(World::rewritten)
              // Whom a policy, a model or a namespace concerns is read here, and here a workload
              // may
              // come later than to its reconciler: what has changed in between concerned nobody. So
              // it is looked at once more.
              .withSecondaryToPrimaryMapper(workload -> Set.of(ResourceID.fromResource(workload)))
              .build(),
          context);
    }

    /** Told of each change with what was there before; empty before is new, empty after is gone. */
    void listen(BiConsumer<Optional<RawWorkload>, Optional<RawWorkload>> listener) {
      this.listener = listener;
    }

    @Override
    public void onAdd(RawWorkload workload) {
      super.onAdd(workload);
      listener.accept(Optional.empty(), Optional.of(workload));
    }

    @Override
    public void onUpdate(RawWorkload before, RawWorkload after) {
      super.onUpdate(before, after);
      listener.accept(Optional.of(before), Optional.of(after));
    }

    @Override
    public void onDelete(RawWorkload workload, boolean finalStateUnknown) {
      super.onDelete(workload, finalStateUnknown);
      listener.accept(Optional.of(workload), Optional.empty());
    }

    Set<ResourceID> in(String namespace) {
      return list(namespace, workload -> true)
          .map(ResourceID::fromResource)
          .collect(Collectors.toUnmodifiableSet());
    }

    Stream<RawWorkload> stream() {
      return list(workload -> true);
    }

    void nudge(Collection<ResourceID> ids) {
      ids.forEach(id -> getEventHandler().handleEvent(new Event(id)));
    }
  }
}
