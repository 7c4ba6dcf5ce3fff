package dev.ringfence.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.api.v1alpha1.Crd;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Surroundings.Catalogue;
import dev.ringfence.rules.Surroundings.NamespaceFacts;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.vllm.Knowledge;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads single objects from the API server, while it waits for an answer. */
final class LiveFacts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LiveFacts.class);

  /** The API server waits for ten seconds, and a person for it. */
  private static final long PATIENCE_MILLIS = 1000;

  /** Refusals that are looked up at once; the others rest on what was last seen. */
  private static final int AT_ONCE = 8;

  private final KubernetesClient client;
  private final Semaphore permits = new Semaphore(AT_ONCE);
  private final ExecutorService reads = Executors.newVirtualThreadPerTaskExecutor();

  LiveFacts(KubernetesClient client) {
    this.client = client;
  }

  /** Policy, model and namespace as they are now, everything else as it was seen. */
  Facts over(Facts seen, String namespace, String model) {
    if (!permits.tryAcquire()) {
      return seen;
    }
    try {
      List<Future<Object>> read =
          reads.invokeAll(
              List.<Callable<Object>>of(
                  () -> object(Crd.VLLM_POLICY, "default"),
                  () -> object(Crd.TRUSTED_MODEL, model),
                  () -> labels(namespace)),
              PATIENCE_MILLIS,
              TimeUnit.MILLISECONDS);
      return new Overlaid(
          seen, namespace, model, value(read.get(0)), value(read.get(1)), value(read.get(2)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return seen;
    } finally {
      permits.release();
    }
  }

  /** Empty inside when there is none. */
  private Optional<JsonNode> object(Crd kind, String name) {
    return name.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(
                client.genericKubernetesResources(WatchedFacts.context(kind)).withName(name).get())
            .map(WatchedFacts::tree);
  }

  private Map<String, String> labels(String name) {
    Namespace namespace = client.namespaces().withName(name).get();
    return namespace == null ? Map.of() : WatchedFacts.labels(namespace);
  }

  /** Empty when it could not be read in time. */
  @SuppressWarnings("unchecked") // each is read back as what its own read gives
  private static <T> Optional<T> value(Future<Object> read) throws InterruptedException {
    try {
      return Optional.of((T) read.get());
    } catch (ExecutionException | CancellationException e) {
      LOG.warn("what a refusal rests on could not be read anew ({})", e.getClass().getSimpleName());
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    reads.shutdownNow();
  }

  /** Facts with three of them read now; those that are empty could not be. */
  private record Overlaid(
      Facts seen,
      String namespaceName,
      String modelName,
      Optional<Optional<JsonNode>> livePolicy,
      Optional<Optional<JsonNode>> liveModel,
      Optional<Map<String, String>> liveLabels)
      implements Facts {

    @Override
    public Optional<JsonNode> policy() {
      return livePolicy.orElseGet(seen::policy);
    }

    @Override
    public Knowledge knowledge(Optional<String> tables) {
      return seen.knowledge(tables);
    }

    @Override
    public Catalogue catalogue(Knowledge knowledge) {
      Catalogue catalogue = seen.catalogue(knowledge);
      if (liveModel.isEmpty()) {
        return catalogue;
      }
      Map<String, Optional<TrustedModel>> models = new HashMap<>(catalogue.models());
      liveModel
          .get()
          .ifPresentOrElse(
              tree ->
                  models.put(
                      modelName,
                      Check.model(tree, knowledge) instanceof Judged.Valid<TrustedModel> valid
                          ? Optional.of(valid.value())
                          : Optional.empty()),
              () -> models.remove(modelName));
      return new Catalogue(models);
    }

    @Override
    public NamespaceFacts namespace(String name) {
      return name.equals(namespaceName)
          ? liveLabels
              .<NamespaceFacts>map(NamespaceFacts.Known::new)
              .orElseGet(() -> seen.namespace(name))
          : seen.namespace(name);
    }

    @Override
    public List<JsonNode> workloads(String namespace) {
      return seen.workloads(namespace);
    }

    @Override
    public List<JsonNode> workloads() {
      return seen.workloads();
    }
  }
}
