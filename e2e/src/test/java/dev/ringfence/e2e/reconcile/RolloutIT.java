package dev.ringfence.e2e.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ringfence.e2e.cluster.LocalControlPlane;
import dev.ringfence.e2e.cluster.TestNamespace;
import dev.ringfence.e2e.cluster.WithControlPlane;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One policy edit that changes the default image under many running workloads. */
@WithControlPlane
final class RolloutIT {
  private static final int FEW = 12;
  private static final int MANY = 50;
  private static final int MOST = 3;

  private final TestNamespace namespace;
  private final Bench bench;
  private final List<RawWorkload> workloads = new ArrayList<>();

  RolloutIT(LocalControlPlane plane, TestNamespace namespace) {
    this.namespace = namespace;
    this.bench = new Bench(plane, Set.of(namespace.name()));
  }

  private void start(int number) {
    bench.apply(Samples.policy());
    bench.editPolicy(spec -> spec.putObject("rollout").put("maxConcurrentWorkloads", MOST));
    bench.apply(Samples.imageModel("mistral"));
    bench.start();
    for (int i = 0; i < number; i++) {
      workloads.add(bench.apply(Samples.workload(namespace.name(), "w" + i, "mistral", "acme")));
    }
    workloads.forEach(w -> bench.awaitReady(w, patience(number)));
  }

  /** Three at a time, some seconds each, on a machine that does other things too. */
  private static Duration patience(int number) {
    return Duration.ofSeconds(60 + 10L * number);
  }

  @AfterEach
  void stop() {
    bench.close();
  }

  private List<Deployment> engines() {
    return bench.client().apps().deployments().inNamespace(namespace.name()).list().getItems();
  }

  private static String image(Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }

  private void makeDefault(String image) {
    String other = image.equals(Samples.IMAGE) ? Samples.OTHER_IMAGE : Samples.IMAGE;
    bench.editPolicy(
        spec -> spec.set("engine", Samples.policy(image, other).spec().path("engine").deepCopy()));
  }

  @Test
  void neverMoreThanTheAllowedNumberRestartAtOnce() {
    neverMoreThanTheAllowedNumberRestartAtOnce(FEW);
  }

  @Test
  @Tag("slow")
  void neverMoreThanTheAllowedNumberOfManyRestartAtOnce() {
    neverMoreThanTheAllowedNumberRestartAtOnce(MANY);
  }

  private void neverMoreThanTheAllowedNumberRestartAtOnce(int number) {
    start(number);
    AtomicInteger most = new AtomicInteger();
    Map<String, Boolean> down = new ConcurrentHashMap<>();
    Watch watch =
        bench
            .client()
            .apps()
            .deployments()
            .inNamespace(namespace.name())
            .watch(
                new Watcher<>() {
                  @Override
                  public void eventReceived(Action action, Deployment d) {
                    boolean settled =
                        d.getStatus() != null
                            && d.getStatus().getObservedGeneration() != null
                            && d.getStatus().getObservedGeneration()
                                >= d.getMetadata().getGeneration()
                            && Integer.valueOf(1).equals(d.getStatus().getReadyReplicas())
                            && Integer.valueOf(1).equals(d.getStatus().getUpdatedReplicas());
                    down.put(d.getMetadata().getName(), !settled);
                    most.accumulateAndGet(
                        (int) down.values().stream().filter(b -> b).count(), Math::max);
                  }

                  @Override
                  public void onClose(WatcherException cause) {
                    // The test ends.
                  }
                });
    try {
      makeDefault(Samples.OTHER_IMAGE);
      Bench.until(
          "every engine has the new image",
          patience(number),
          () -> engines().stream().allMatch(d -> image(d).equals(Samples.OTHER_IMAGE)));
      workloads.forEach(w -> bench.awaitReady(w, patience(number)));
    } finally {
      watch.close();
    }
    System.out.printf(
        "one policy edit under %d workloads: at most %d of %d allowed restarted at once%n",
        number, most.get(), MOST);
    assertThat(most.get()).isBetween(1, MOST);
  }

  @Test
  void anImageThatNeverGetsReadyCostsOneEngineWhichIsBackByItself() {
    anImageThatNeverGetsReadyCostsOneEngineWhichIsBackByItself(FEW);
  }

  @Test
  @Tag("slow")
  void anImageThatNeverGetsReadyCostsOneEngineOfMany() {
    anImageThatNeverGetsReadyCostsOneEngineWhichIsBackByItself(MANY);
  }

  private void anImageThatNeverGetsReadyCostsOneEngineWhichIsBackByItself(int number) {
    start(number);
    Map<String, Long> before =
        engines().stream()
            .collect(
                Collectors.toMap(
                    d -> d.getMetadata().getName(), d -> d.getMetadata().getGeneration()));
    makeDefault(Samples.BAD_IMAGE);
    Bench.until(
        "one engine tries the image",
        () -> engines().stream().anyMatch(d -> image(d).equals(Samples.BAD_IMAGE)));
    Deployment tried =
        engines().stream()
            .filter(d -> image(d).equals(Samples.BAD_IMAGE))
            .findFirst()
            .orElseThrow();
    RawWorkload unlucky =
        workloads.stream()
            .filter(w -> tried.getMetadata().getName().startsWith(w.getMetadata().getName() + "--"))
            .findFirst()
            .orElseThrow();
    Bench.pause(Duration.ofSeconds(2));
    assertThat(engines().stream().filter(d -> image(d).equals(Samples.BAD_IMAGE))).hasSize(1);

    bench.forward(Duration.ofMinutes(61));
    bench.poke(unlucky);
    bench.awaitCondition(unlucky, "Stalled", "True/RolledBack");
    Bench.until(
        "it is back",
        () ->
            engines().stream().allMatch(d -> image(d).equals(Samples.IMAGE))
                && bench.condition(unlucky, "Available").startsWith("True"));
    workloads.forEach(bench::poke);
    Bench.pause(Duration.ofSeconds(2));
    assertThat(engines())
        .filteredOn(d -> !d.getMetadata().getName().equals(tried.getMetadata().getName()))
        .allSatisfy(
            d ->
                assertThat(d.getMetadata().getGeneration())
                    .as(d.getMetadata().getName() + " was never touched")
                    .isEqualTo(before.get(d.getMetadata().getName())));
    RawWorkload lucky =
        workloads.stream().filter(w -> !w.equals(unlucky)).findFirst().orElseThrow();
    bench.await(
        lucky,
        "waits, and says why",
        w -> bench.message(w, "Reconciling").contains("did not get ready at"));

    // The platform team takes the image out again: everything is well without a restart.
    makeDefault(Samples.IMAGE);
    workloads.forEach(bench::awaitReady);
    assertThat(bench.condition(unlucky, "Stalled")).isEmpty();
  }
}
