package dev.ringfence.reconcile;

import dev.ringfence.api.v1alpha1.Condition;
import dev.ringfence.api.v1alpha1.VLLMPolicyStatus;
import dev.ringfence.events.EventRecorder;
import dev.ringfence.events.EventRecorder.Severity;
import dev.ringfence.events.Reason;
import dev.ringfence.resources.RawPolicy;
import dev.ringfence.rules.Check;
import dev.ringfence.rules.Judged;
import dev.ringfence.rules.Policy;
import dev.ringfence.rules.Violation;
import dev.ringfence.status.Conditions;
import dev.ringfence.status.Conditions.Said;
import dev.ringfence.vllm.Knowledge;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** Says in a policy's status whether it is in force, and which waivers are. */
@ControllerConfiguration(name = "policies")
public final class PolicyReconciler implements Reconciler<RawPolicy> {
  private static final Duration MOMENT = Duration.ofMillis(200);
  private static final Duration NOTICE = Duration.ofDays(14);

  private final KubernetesClient client;
  private final Api api;
  private final Settings settings;
  private final EventRecorder events;

  public PolicyReconciler(KubernetesClient client, Settings settings, EventRecorder events) {
    this.client = client;
    this.api = new Api(client);
    this.settings = settings;
    this.events = events;
  }

  @Override
  public UpdateControl<RawPolicy> reconcile(RawPolicy policy, Context<RawPolicy> context) {
    if (policy.isMarkedForDeletion()) {
      return UpdateControl.noUpdate();
    }
    Instant now = settings.clock().instant();
    Wakeups wakeups = new Wakeups(now, settings.resync());
    long generation = policy.getMetadata().getGeneration();
    Map<String, Condition> before = Conditions.read(policy.status());
    Knowledge.Extended knowledge = knowledge(policy);
    List<Said> said;
    List<Violation> violations;
    List<VLLMPolicyStatus.Waiver> waivers = List.of();
    switch (Check.policy(policy.tree(), knowledge.knowledge(), now)) {
      case Judged.Valid<Policy> valid -> {
        violations = List.of();
        String text =
            java.util.stream.Stream.concat(valid.warnings().stream(), knowledge.problems().stream())
                .collect(java.util.stream.Collectors.joining("\n"));
        said =
            List.of(
                Said.yes("Accepted", Reason.Accepted, text.isEmpty() ? "every rule holds" : text),
                Said.yes("Ready", Reason.InForce, "the policy is in force"));
        valid
            .value()
            .waivers()
            .forEach(
                w -> {
                  wakeups.at(w.expires());
                  wakeups.at(w.expires().minus(NOTICE));
                });
        valid.value().overrides().forEach(o -> o.expires().ifPresent(wakeups::at));
        waivers =
            valid.value().waivers().stream()
                .filter(w -> w.expires().isAfter(now))
                .map(
                    w ->
                        new VLLMPolicyStatus.Waiver(
                            w.rule().id(),
                            List.copyOf(new TreeSet<>(w.namespaces())),
                            w.expires().toString()))
                .toList();
      }
      case Judged.Invalid<Policy> invalid -> {
        violations = invalid.violations();
        String lines = JudgedStatus.lines(violations);
        said =
            List.of(
                Said.no("Accepted", Reason.Invalid, lines),
                Said.no(
                    "Ready",
                    Reason.Invalid,
                    "the policy counts as none, so nothing new is accepted"),
                Said.yes("Stalled", Reason.Invalid, lines));
      }
    }
    VLLMPolicyStatus status =
        new VLLMPolicyStatus(
            generation,
            Conditions.of(said, generation, before, now),
            JudgedStatus.violations(violations),
            waivers.size(),
            waivers);
    try {
      if (JudgedStatus.write(api, policy, status)) {
        Announcements.of(before, conditions(status))
            .forEach(a -> events.record(policy, a.severity(), a.reason(), a.note()));
        waivers.forEach(
            w ->
                events.record(
                    policy,
                    Severity.Normal,
                    Instant.parse(w.expires()).minus(NOTICE).isAfter(now)
                        ? Reason.Waived
                        : Reason.WaiverEnds,
                    w.rule()
                        + " is waived in "
                        + String.join(", ", w.namespaces())
                        + " until "
                        + w.expires()));
      }
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT
          && e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
        throw e;
      }
      wakeups.at(now.plus(MOMENT));
    }
    return UpdateControl.<RawPolicy>noUpdate().rescheduleAfter(wakeups.next());
  }

  private static Map<String, Condition> conditions(VLLMPolicyStatus status) {
    return status.conditions().stream()
        .collect(java.util.stream.Collectors.toMap(Condition::type, c -> c));
  }

  private Knowledge.Extended knowledge(RawPolicy policy) {
    String name = policy.spec().path("engine").path("argumentTables").asText();
    Optional<ConfigMap> tables =
        name.isEmpty()
            ? Optional.empty()
            : Optional.ofNullable(
                client.configMaps().inNamespace(settings.pods().namespace()).withName(name).get());
    return tables
        .map(map -> Knowledge.bundled().with(map.getData()))
        .orElseGet(
            () ->
                new Knowledge.Extended(
                    Knowledge.bundled(),
                    name.isEmpty()
                        ? List.of()
                        : List.of(
                            "spec.engine.argumentTables: no ConfigMap "
                                + name
                                + " in namespace "
                                + settings.pods().namespace())));
  }
}
