package dev.ringfence.reconcile;

import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.api.v1alpha1.TrustedModelStatus;
import dev.ringfence.events.EventRecorder;
import dev.ringfence.events.Reason;
import dev.ringfence.resources.RawModel;
import dev.ringfence.resources.RawWorkload;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.Violation;
import dev.ringfence.status.Conditions;
import dev.ringfence.status.Conditions.Said;
import dev.ringfence.vllm.Knowledge;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says in a model's status whether it is in the catalogue, and how many workloads name it. */
@ControllerConfiguration(name = "models")
public final class ModelReconciler implements Reconciler<RawModel> {
  private static final Duration MOMENT = Duration.ofMillis(200);

  private final Api api;
  private final Settings settings;
  private final EventRecorder events;
  private final ModelHistory history;
  private @Nullable InformerEventSource<RawWorkload, RawModel> workloads;

  public ModelReconciler(
      KubernetesClient client, Settings settings, EventRecorder events, ModelHistory history) {
    this.api = new Api(client);
    this.settings = settings;
    this.events = events;
    this.history = history;
  }

  @Override
  public List<EventSource<?, RawModel>> prepareEventSources(EventSourceContext<RawModel> context) {
    InformerEventSource<RawWorkload, RawModel> source =
        new InformerEventSource<>(
            InformerEventSourceConfiguration.from(RawWorkload.class, RawModel.class)
                .withName("users")
                .withWatchAllNamespaces()
                .withPrimaryToSecondaryMapper((RawModel model) -> Set.of())
                .withOnUpdateFilter((after, before) -> !model(after).equals(model(before)))
                .withSecondaryToPrimaryMapper(workload -> Set.of(new ResourceID(model(workload))))
                .build(),
            context);
    workloads = source;
    return List.of(source);
  }

  private static String model(RawWorkload workload) {
    return workload.spec().path("model").path("ref").asText();
  }

  @Override
  public UpdateControl<RawModel> reconcile(RawModel model, Context<RawModel> context) {
    if (model.isMarkedForDeletion()) {
      return UpdateControl.noUpdate();
    }
    Instant now = settings.clock().instant();
    long generation = model.getMetadata().getGeneration();
    Map<String, Condition> before = Conditions.read(model.status());
    List<Said> said;
    List<Violation> violations = List.of();
    switch (judge(model)) {
      case Judged.Valid<TrustedModel> valid ->
          said =
              valid
                  .value()
                  .revoked()
                  .map(
                      reason ->
                          List.of(
                              Said.no(
                                  "Accepted",
                                  Reason.Revoked,
                                  "VLLM-408 the model is revoked: " + reason),
                              Said.no("Ready", Reason.Revoked, "engines that serve it stop")))
                  .orElseGet(
                      () ->
                          List.of(
                              Said.yes(
                                  "Accepted",
                                  Reason.Accepted,
                                  valid.warnings().isEmpty()
                                      ? "every rule holds"
                                      : String.join("\n", valid.warnings())),
                              Said.yes("Ready", Reason.Listed, "the model is in the catalogue")));
      case Judged.Invalid<TrustedModel> invalid -> {
        violations = invalid.violations();
        String lines = JudgedStatus.lines(violations);
        said =
            List.of(
                Said.no("Accepted", Reason.Invalid, lines),
                Said.no("Ready", Reason.Invalid, "the model is not in the catalogue"),
                Said.yes("Stalled", Reason.Invalid, lines));
      }
    }
    TrustedModelStatus status =
        new TrustedModelStatus(
            generation,
            Conditions.of(said, generation, before, now),
            JudgedStatus.violations(violations),
            users(model));
    Duration next = settings.resync();
    try {
      if (JudgedStatus.write(api, model, status)) {
        Announcements.of(
                before,
                status.conditions().stream().collect(Collectors.toMap(Condition::type, c -> c)))
            .forEach(a -> events.record(model, a.severity(), a.reason(), a.note()));
      }
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT
          && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
      next = MOMENT;
    }
    return UpdateControl.<RawModel>noUpdate().rescheduleAfter(next);
  }

  /** What it is, and what it may not have become. */
  private Judged<TrustedModel> judge(RawModel model) {
    Judged<TrustedModel> judged = Check.model(model.tree(), Knowledge.bundled());
    List<Violation> changed = history.faults(model);
    if (changed.isEmpty()) {
      return judged;
    }
    TreeSet<Violation> all = new TreeSet<>(changed);
    if (judged instanceof Judged.Invalid<TrustedModel> invalid) {
      all.addAll(invalid.violations());
    }
    return new Judged.Invalid<>(List.copyOf(all), List.of());
  }

  private int users(RawModel model) {
    InformerEventSource<RawWorkload, RawModel> source = workloads;
    return source == null
        ? 0
        : (int)
            source.list(workload -> model(workload).equals(model.getMetadata().getName())).count();
  }
}
