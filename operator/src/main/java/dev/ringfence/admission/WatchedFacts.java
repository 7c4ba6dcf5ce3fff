package dev.ringfence.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.vllm.Knowledge;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Facts from watches of this process's own: each replica answers, the one that reconciles and those
 * that stand by. Objects of users stay trees, so that none can stop the watch of all others.
 */
public final class WatchedFacts implements Facts, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WatchedFacts.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A model as the rules read it, with what was known of vLLM then. */
  private record Read(Knowledge knowledge, JsonNode tree, Optional<TrustedModel> model) {}

  private record Tables(Map<String, String> data, Knowledge knowledge) {}

  private record Catalogued(Knowledge knowledge, long version, Catalogue catalogue) {}

  private final ConcurrentMap<String, ConcurrentMap<String, JsonNode>> workloads =
      new ConcurrentHashMap<>();
  private final ConcurrentMap<String, JsonNode> policies = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, JsonNode> models = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Map<String, String>> namespaces = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Tables> tables = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Read> read = new ConcurrentHashMap<>();
  private volatile long modelsVersion;
  private volatile @Nullable Catalogued catalogued;
  private final List<SharedIndexInformer<?>> informers = new ArrayList<>();

  private final LiveFacts live;

  private WatchedFacts(KubernetesClient client) {
    live = new LiveFacts(client);
  }

  /**
   * Starts the watches; {@link #ready} says when all has been seen once.
   *
   * @param namespace the operator's own, for argument tables
   */
  public static WatchedFacts start(KubernetesClient client, String namespace) {
    WatchedFacts facts = new WatchedFacts(client);
    facts.watch(client, Crd.VLLM_DEPLOYMENT, facts::workload);
    facts.watch(client, Crd.VLLM_POLICY, (name, tree) -> put(facts.policies, name, tree));
    facts.watch(client, Crd.TRUSTED_MODEL, facts::model);
    facts.informers.add(
        client
            .namespaces()
            .runnableInformer(0)
            .addEventHandler(
                new Events<Namespace>(
                    ns -> facts.namespaces.put(name(ns), labels(ns)),
                    ns -> facts.namespaces.remove(name(ns)))));
    facts.informers.add(
        client
            .configMaps()
            .inNamespace(namespace)
            .runnableInformer(0)
            .addEventHandler(
                new Events<ConfigMap>(facts::tables, map -> facts.tables.remove(name(map)))));
    // A watch that ends for any reason is taken up again, for as long as this process runs.
    facts.informers.forEach(informer -> informer.exceptionHandler((started, error) -> true));
    facts.informers.forEach(
        informer ->
            informer
                .start()
                .whenComplete(
                    (done, error) -> {
                      if (error != null) {
                        LOG.warn("a watch cannot start: {}", error.getMessage());
                      }
                    }));
    return facts;
  }

  private void watch(KubernetesClient client, Crd kind, BiConsumer<Key, @Nullable JsonNode> take) {
    informers.add(
        client
            .genericKubernetesResources(context(kind))
            .inAnyNamespace()
            .runnableInformer(0)
            // The trees are kept here; the informer need not keep them too.
            .itemStore(
                new ReducedStateItemStore<>(
                    ReducedStateItemStore.NAME_KEY_STATE,
                    GenericKubernetesResource.class,
                    client.getKubernetesSerialization()))
            .addEventHandler(
                new Events<GenericKubernetesResource>(
                    object -> take.accept(Key.of(object), tree(object)),
                    object -> take.accept(Key.of(object), null))));
  }

  static ResourceDefinitionContext context(Crd kind) {
    return new ResourceDefinitionContext.Builder()
        .withGroup(Crd.GROUP)
        .withVersion(Crd.VERSION)
        .withKind(kind.kind())
        .withPlural(kind.plural())
        .withNamespaced(kind == Crd.VLLM_DEPLOYMENT)
        .build();
  }

  private record Key(String namespace, String name) {
    static Key of(HasMetadata object) {
      String namespace = object.getMetadata().getNamespace();
      return new Key(namespace == null ? "" : namespace, WatchedFacts.name(object));
    }
  }

  /** What stands in the store: the object without the server's record of who wrote what. */
  static JsonNode tree(GenericKubernetesResource object) {
    ObjectNode tree = JSON.valueToTree(object);
    tree.remove("status");
    if (tree.path("metadata") instanceof ObjectNode metadata) {
      metadata.remove("managedFields");
    }
    return tree;
  }

  private static void put(ConcurrentMap<String, JsonNode> map, Key key, @Nullable JsonNode tree) {
    if (tree == null) {
      map.remove(key.name());
    } else {
      map.put(key.name(), tree);
    }
  }

  private void workload(Key key, @Nullable JsonNode tree) {
    put(workloads.computeIfAbsent(key.namespace(), n -> new ConcurrentHashMap<>()), key, tree);
  }

  private synchronized void model(Key key, @Nullable JsonNode tree) {
    put(models, key, tree);
    if (tree == null) {
      read.remove(key.name());
    }
    modelsVersion++;
  }

  private void tables(ConfigMap map) {
    Map<String, String> data = map.getData() == null ? Map.of() : Map.copyOf(map.getData());
    tables.compute(
        name(map),
        (name, known) ->
            known != null && known.data().equals(data)
                ? known
                : new Tables(data, Knowledge.bundled().with(data).knowledge()));
  }

  static Map<String, String> labels(Namespace namespace) {
    Map<String, String> labels = namespace.getMetadata().getLabels();
    return labels == null ? Map.of() : Map.copyOf(labels);
  }

  private static String name(HasMetadata object) {
    return object.getMetadata().getName();
  }

  /** Whether everything has been seen once and all watches run. */
  public boolean ready() {
    return informers.stream().allMatch(i -> i.hasSynced() && i.isRunning());
  }

  /**
   * Returns when everything has been seen once.
   *
   * @throws IllegalStateException when that takes too long
   */
  void awaitReady(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    while (!ready()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "the webhook cannot see what it judges by, the operator needs list and watch on"
                + " vllmdeployments, vllmpolicies, trustedmodels and namespaces, and on configmaps"
                + " in its own namespace; is the API installed?");
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while starting", e);
      }
    }
  }

  @Override
  public Optional<JsonNode> policy() {
    return Optional.ofNullable(policies.get("default"));
  }

  @Override
  public Knowledge knowledge(Optional<String> name) {
    return name.map(tables::get).map(Tables::knowledge).orElseGet(Knowledge::bundled);
  }

  @Override
  public Catalogue catalogue(Knowledge knowledge) {
    Catalogued last = catalogued;
    return last != null && last.knowledge() == knowledge && last.version() == modelsVersion
        ? last.catalogue()
        : readCatalogue(knowledge);
  }

  private synchronized Catalogue readCatalogue(Knowledge knowledge) {
    Map<String, Optional<TrustedModel>> catalogue = new HashMap<>();
    models.forEach(
        (name, tree) -> {
          Read model = read.get(name);
          if (model == null || !model.tree().equals(tree) || model.knowledge() != knowledge) {
            model =
                new Read(
                    knowledge,
                    tree,
                    Check.model(tree, knowledge) instanceof Judged.Valid<TrustedModel> valid
                        ? Optional.of(valid.value())
                        : Optional.empty());
            read.put(name, model);
          }
          catalogue.put(name, model.model());
        });
    Catalogued fresh = new Catalogued(knowledge, modelsVersion, new Catalogue(catalogue));
    catalogued = fresh;
    return fresh.catalogue();
  }

  @Override
  public NamespaceFacts namespace(String name) {
    // A namespace is made before what is in it; one that is not seen yet has no label that counts.
    return new NamespaceFacts.Known(namespaces.getOrDefault(name, Map.of()));
  }

  @Override
  public List<JsonNode> workloads(String namespace) {
    ConcurrentMap<String, JsonNode> there = workloads.get(namespace);
    return there == null ? List.of() : List.copyOf(there.values());
  }

  @Override
  public List<JsonNode> workloads() {
    return workloads.values().stream().flatMap(there -> there.values().stream()).toList();
  }

  @Override
  public Facts anew(String namespace, String model) {
    return live.over(this, namespace, model);
  }

  @Override
  public void close() {
    live.close();
    informers.forEach(SharedIndexInformer::stop);
  }

  /** Additions and updates are one. */
  private record Events<T extends HasMetadata>(
      java.util.function.Consumer<T> there, java.util.function.Consumer<T> gone)
      implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T object) {
      there.accept(object);
    }

    @Override
    public void onUpdate(T before, T after) {
      there.accept(after);
    }

    @Override
    public void onDelete(T object, boolean finalStateUnknown) {
      gone.accept(object);
    }
  }
}
