package dev.ringfence.render;

import dev.ringfence.rules.Quantity;
import dev.ringfence.rules.TrustedModel;
import dev.ringfence.rules.TrustedModel.Source;
import dev.ringfence.rules.Workload;
import dev.ringfence.rules.Workload.RolloutStrategy;
import dev.ringfence.rules.Workload.Scale;
import dev.ringfence.rules.Workload.Tenant;
import dev.ringfence.vllm.Release;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStrategy;
import io.fabric8.kubernetes.api.model.apps.DeploymentStrategyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One tenant's objects. */
final class ServingObjects {
  private static final long MI = 1024L * 1024;

  /** The guard's own need, whatever the model; bytes. Its copies of small files come on top. */
  private static final long GUARD_MEMORY = 192 * MI;

  private static final Quantity GUARD_CPU = new Quantity(java.math.BigDecimal.ONE);
  private static final Quantity RUN_SIZE = Quantity.ofBytes(MI);

  /** A guard says unready, endpoints change, what is in flight ends; then the engine goes. */
  private static final int GRACE_SECONDS = 45;

  /** How long the hook waits beyond draining for the guard's word, should no guard be there. */
  private static final int DRAIN_MARGIN_SECONDS = 10;

  /** From start-up time to when a rollout counts as stuck: pulling, scheduling, verifying. */
  private static final int PROGRESS_MARGIN_SECONDS = 1800;

  private static final int STARTUP_PERIOD_SECONDS = 10;

  private final Workload w;
  private final Tenant t;
  private final RenderContext context;
  private final Metadata metadata;
  private final Release release;
  private final GuardPolicy policy;
  private final String name;

  ServingObjects(Workload w, Tenant t, RenderContext context, Metadata metadata, Release release) {
    this.w = w;
    this.t = t;
    this.context = context;
    this.metadata = metadata;
    this.release = release;
    this.policy = GuardPolicy.of(w, t);
    this.name = Names.tenant(w.name(), t.name());
  }

  Rendered.Tenant objects() {
    Rendered.Replicas replicas = replicas();
    return new Rendered.Tenant(
        t.name(),
        new ServiceAccountBuilder()
            .withMetadata(meta(name))
            .withAutomountServiceAccountToken(false)
            .build(),
        new ConfigMapBuilder()
            .withMetadata(meta(Names.policy(w.name(), t.name())))
            .withData(
                Map.of(
                    "guard.json", policy.document(), "model.json", ModelFolder.document(w.model())))
            .build(),
        new NetworkPolicyBuilder()
            .withMetadata(meta(name))
            .withSpec(NetworkRules.serving(w, t, context.operator()))
            .build(),
        service(),
        t.scale().most() > 1 ? Optional.of(budget()) : Optional.empty(),
        deployment(replicas),
        replicas,
        (t.tlsSecret().isPresent() ? "https" : "http")
            + "://"
            + name
            + "."
            + w.namespace()
            + ".svc:"
            + Ports.api(t),
        policy.contract(),
        policy.limits());
  }

  private ObjectMeta meta(String objectName) {
    return metadata.of(objectName, Names.labels(w, t));
  }

  private Rendered.Replicas replicas() {
    boolean fetched = context.fetched() || !(w.model().source() instanceof Source.HuggingFace);
    boolean mountable = context.imageVolumes() || !(w.model().source() instanceof Source.Image);
    if (w.suspended() || !fetched || !mountable) {
      return new Rendered.Replicas.Exactly(0);
    }
    return switch (t.scale()) {
      case Scale.Fixed f -> new Rendered.Replicas.Exactly(f.replicas());
      case Scale.Autoscaled a -> new Rendered.Replicas.Between(a.min(), a.max());
    };
  }

  private Service service() {
    return new ServiceBuilder()
        .withMetadata(meta(name))
        .withNewSpec()
        .withSelector(Names.selector(w, t))
        .addNewPort()
        .withName(t.tlsSecret().isPresent() ? "https" : "http")
        .withPort(Ports.api(t))
        .withTargetPort(new IntOrString(Ports.api(t)))
        .endPort()
        .endSpec()
        .build();
  }

  private PodDisruptionBudget budget() {
    return new PodDisruptionBudgetBuilder()
        .withMetadata(meta(name))
        .withNewSpec()
        .withSelector(new LabelSelectorBuilder().withMatchLabels(Names.selector(w, t)).build())
        .withMaxUnavailable(new IntOrString(1))
        .withUnhealthyPodEvictionPolicy("AlwaysAllow")
        .endSpec()
        .build();
  }

  private Deployment deployment(Rendered.Replicas replicas) {
    Map<String, String> labels = Names.labels(w, t);
    w.scheduling().queueName().ifPresent(q -> labels.put("kueue.x-k8s.io/queue-name", q));
    DeploymentBuilder d =
        new DeploymentBuilder()
            .withMetadata(metadata.of(name, labels))
            .withNewSpec()
            .withStrategy(strategy())
            .withProgressDeadlineSeconds(w.startupTimeoutSeconds() + PROGRESS_MARGIN_SECONDS)
            .withRevisionHistoryLimit(2)
            .withSelector(new LabelSelectorBuilder().withMatchLabels(Names.selector(w, t)).build())
            .withTemplate(template())
            .endSpec();
    if (replicas instanceof Rendered.Replicas.Exactly exactly) {
      d.editSpec().withReplicas(exactly.replicas()).endSpec();
    }
    return d.build();
  }

  private DeploymentStrategy strategy() {
    boolean surge = w.rollout() == RolloutStrategy.Surge;
    if (!surge && t.scale().most() == 1) {
      return new DeploymentStrategyBuilder().withType("Recreate").build();
    }
    return new DeploymentStrategyBuilder()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        .withMaxSurge(new IntOrString(surge ? 1 : 0))
        .withMaxUnavailable(new IntOrString(surge ? 0 : 1))
        .endRollingUpdate()
        .build();
  }

  private PodTemplateSpec template() {
    return new PodTemplateSpecBuilder()
        .withMetadata(metadata.ofPod(Names.labels(w, t)))
        .withSpec(pod())
        .build();
  }

  private PodSpec pod() {
    var spec =
        Pods.spec(w)
            .withServiceAccountName(name)
            .withTerminationGracePeriodSeconds((long) w.drainSeconds() + GRACE_SECONDS)
            // The guard first: what is wrong with keys or network shows while weights are read.
            .withInitContainers(guard(), verify())
            .withContainers(engine())
            .withVolumes(volumes());
    w.scheduling().runtimeClassName().ifPresent(spec::withRuntimeClassName);
    return spec.build();
  }

  private Container guard() {
    List<String> args = new ArrayList<>();
    args.add("guard");
    args.addAll(List.of("--config", Paths.GUARD_JSON));
    args.addAll(List.of("--contract", policy.contract()));
    args.addAll(List.of("--keys", Paths.KEYS));
    args.addAll(List.of("--engine", "unix:" + Paths.SOCKET));
    args.addAll(List.of("--listen", "0.0.0.0:" + Ports.api(t)));
    args.addAll(List.of("--admin", "0.0.0.0:" + Ports.ADMIN));
    if (t.tlsSecret().isPresent()) {
      args.addAll(List.of("--tls-cert", Paths.TLS + "/tls.crt"));
      args.addAll(List.of("--tls-key", Paths.TLS + "/tls.key"));
    }
    args.addAll(List.of("--model", Paths.MODEL));
    args.addAll(List.of("--served", Paths.SERVED_MODEL));
    args.addAll(List.of("--run", Paths.RUN));
    if (w.platform().requireEnforcement()) {
      args.addAll(List.of("--egress-probe", context.apiServer()));
    }

    List<VolumeMount> mounts =
        new ArrayList<>(
            List.of(
                Pods.readOnly(POLICY, Paths.POLICY),
                Pods.readOnly(KEYS, Paths.KEYS),
                model(),
                Pods.mount(SERVED, Paths.SERVED),
                Pods.mount(RUN, Paths.RUN)));
    if (t.tlsSecret().isPresent()) {
      mounts.add(Pods.readOnly(TLS, Paths.TLS));
    }
    return new ContainerBuilder(guardImage(Names.GUARD_CONTAINER))
        .withRestartPolicy("Always")
        .withArgs(args)
        .addNewPort()
        .withName("api")
        .withContainerPort(Ports.api(t))
        .endPort()
        .addNewPort()
        .withName("admin")
        .withContainerPort(Ports.ADMIN)
        .endPort()
        .withResources(Pods.resources(w, GUARD_CPU, guardMemory(), Map.of()))
        .withVolumeMounts(mounts)
        .withStartupProbe(admin("/live", 1, 60))
        .withLivenessProbe(admin("/live", 10, 6))
        .withReadinessProbe(admin("/ready", 2, 2))
        .build();
  }

  /** The first, full pass over the files, with the CPU that the engine does not need yet. */
  private Container verify() {
    return new ContainerBuilder(guardImage(Names.VERIFY_CONTAINER))
        .withArgs("verify", "--model", Paths.MODEL_JSON, "--record", Paths.VERIFIED, Paths.MODEL)
        .withResources(Pods.resources(w, w.resources().cpu(), guardMemory(), Map.of()))
        .withVolumeMounts(
            Pods.readOnly(POLICY, Paths.POLICY), model(), Pods.mount(SERVED, Paths.SERVED))
        .build();
  }

  private Container guardImage(String containerName) {
    return new ContainerBuilder()
        .withName(containerName)
        .withImage(context.guardImage())
        .withEnv(Pods.env(Map.of(EngineEnvironment.NO_GPU, "void")))
        .withSecurityContext(Pods.container())
        .withTerminationMessagePolicy("File")
        .build();
  }

  private Container engine() {
    int gpus = w.resources().gpus();
    ResourceRequirements resources =
        Pods.resources(
            w,
            w.resources().cpu(),
            w.resources().memory(),
            gpus > 0 ? Map.of(w.resources().gpuResource(), gpus) : Map.of());
    return new ContainerBuilder()
        .withName(Names.ENGINE_CONTAINER)
        .withImage(w.engine().image())
        .withCommand(Scripts.start())
        .withArgs(EngineArguments.of(w, release))
        .withEnv(Pods.env(EngineEnvironment.of(w)))
        .withResources(resources)
        .withSecurityContext(Pods.container())
        .withTerminationMessagePolicy("File")
        .withVolumeMounts(
            Pods.mount(SHARED_MEMORY, Paths.SHARED_MEMORY),
            model(),
            Pods.mount(RUN, Paths.RUN),
            Pods.readOnly(SERVED, Paths.SERVED),
            Pods.mount(SCRATCH, Paths.TMP))
        .withStartupProbe(startup())
        .withLivenessProbe(
            exec("test", "!", "-e", Paths.RUN + "/dead")
                .withPeriodSeconds(STARTUP_PERIOD_SECONDS)
                .withTimeoutSeconds(5)
                .withFailureThreshold(2)
                .build())
        .withNewLifecycle()
        .withNewPreStop()
        .withNewExec()
        .withCommand(Scripts.drain(w.drainSeconds() + DRAIN_MARGIN_SECONDS))
        .endExec()
        .endPreStop()
        .endLifecycle()
        .build();
  }

  /** Files that the guard keeps; never its readiness, or a lost network would kill engines. */
  private Probe startup() {
    int periods = (w.startupTimeoutSeconds() + STARTUP_PERIOD_SECONDS - 1) / STARTUP_PERIOD_SECONDS;
    return exec("test", "-e", Paths.RUN + "/healthy")
        .withPeriodSeconds(STARTUP_PERIOD_SECONDS)
        .withTimeoutSeconds(5)
        .withFailureThreshold(periods)
        .build();
  }

  private static ProbeBuilder exec(String... command) {
    return new ProbeBuilder().withNewExec().withCommand(command).endExec();
  }

  private static Probe admin(String path, int period, int failures) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath(path)
        .withPort(new IntOrString(Ports.ADMIN))
        .endHttpGet()
        .withPeriodSeconds(period)
        .withTimeoutSeconds(2)
        .withFailureThreshold(failures)
        .build();
  }

  private Quantity guardMemory() {
    return Quantity.ofBytes(GUARD_MEMORY + servedSize().bytes());
  }

  /** Rounded up to whole mebibytes, with one for folders and links. */
  private Quantity servedSize() {
    return Quantity.ofBytes((ModelFolder.smallFiles(w.model()) + 2 * MI - 1) / MI * MI);
  }

  private static final String POLICY = "policy";
  private static final String KEYS = "keys";
  private static final String TLS = "tls";
  private static final String RUN = "run";
  private static final String SERVED = "served";
  private static final String SCRATCH = "scratch";
  private static final String SHARED_MEMORY = "shm";

  private List<Volume> volumes() {
    List<Volume> volumes =
        new ArrayList<>(
            List.of(
                new VolumeBuilder()
                    .withName(POLICY)
                    .withNewConfigMap()
                    .withName(Names.policy(w.name(), t.name()))
                    .endConfigMap()
                    .build(),
                // Optional: a deleted Secret empties the folder, and empty means nobody.
                Volumes.secret(KEYS, t.apiKeySecret(), true)));
    t.tlsSecret().ifPresent(s -> volumes.add(Volumes.secret(TLS, s, false)));
    volumes.add(Volumes.model(w));
    volumes.add(Pods.tmpfs(SERVED, servedSize()));
    volumes.add(Pods.tmpfs(RUN, RUN_SIZE));
    volumes.add(Pods.tmpfs(SHARED_MEMORY, w.resources().sharedMemory()));
    volumes.add(Pods.tmpfs(SCRATCH, w.resources().scratch()));
    return volumes;
  }

  private VolumeMount model() {
    return Pods.readOnly(Volumes.MODEL, Paths.MODEL, modelPath(w.model()));
  }

  private static Optional<String> modelPath(TrustedModel model) {
    return switch (model.source()) {
      case Source.HuggingFace hf -> Optional.of(ModelFolder.digest(model));
      case Source.Image i -> Optional.empty();
      case Source.VolumeClaim c -> c.path();
    };
  }
}
