package dev.ringfence.render;

import dev.ringfence.rules.Quantity;
import dev.ringfence.rules.TrustedModel.Source.HuggingFace;
import dev.ringfence.rules.Workload;
import dev.ringfence.rules.Workload.Storage;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What brings a model from a hub onto a claim of the workload. */
final class FetchObjects {
  private static final Quantity CPU = new Quantity(BigDecimal.ONE);
  private static final Quantity MEMORY = Quantity.ofBytes(256L << 20);
  private static final int RETRIES = 6;

  /** Six hours: 100 GB at 5 MB/s. What was written stays, so a later Job goes on from there. */
  private static final long DEADLINE_SECONDS = 6L * 60 * 60;

  private final Workload w;
  private final HuggingFace source;
  private final Storage storage;
  private final RenderContext context;
  private final Metadata metadata;
  private final String files;

  FetchObjects(
      Workload w, HuggingFace source, Storage storage, RenderContext context, Metadata metadata) {
    this.w = w;
    this.source = source;
    this.storage = storage;
    this.context = context;
    this.metadata = metadata;
    this.files = ModelFolder.digest(w.model());
  }

  Rendered.Fetch objects() {
    return new Rendered.Fetch(
        new ConfigMapBuilder()
            .withMetadata(meta(Names.fetch(w.name(), files)))
            .withData(Map.of("model.json", ModelFolder.document(w.model())))
            .build(),
        claim(),
        new NetworkPolicyBuilder()
            .withMetadata(meta(Names.fetch(w.name())))
            .withSpec(NetworkRules.fetch(w, source))
            .build(),
        job());
  }

  private ObjectMeta meta(String name) {
    return metadata.of(name, Names.labels(w, Names.FETCH));
  }

  private PersistentVolumeClaim claim() {
    PersistentVolumeClaimBuilder c =
        new PersistentVolumeClaimBuilder()
            .withMetadata(meta(Names.claim(w.name())))
            .withNewSpec()
            .withAccessModes(storage.accessMode().name())
            .withNewResources()
            .withRequests(Map.of("storage", Pods.bytes(storage.size())))
            .endResources()
            .endSpec();
    storage.storageClassName().ifPresent(s -> c.editSpec().withStorageClassName(s).endSpec());
    return c.build();
  }

  private Job job() {
    return new JobBuilder()
        .withMetadata(meta(Names.fetch(w.name(), files)))
        .withNewSpec()
        .withBackoffLimit(RETRIES)
        .withActiveDeadlineSeconds(DEADLINE_SECONDS)
        .withNewTemplate()
        .withMetadata(metadata.ofPod(Names.labels(w, Names.FETCH)))
        .withSpec(
            Pods.spec(w)
                .withRestartPolicy("Never")
                .withContainers(container())
                .withVolumes(volumes())
                .build())
        .endTemplate()
        .endSpec()
        .build();
  }

  private Container container() {
    List<String> args = new ArrayList<>();
    args.add("fetch");
    args.addAll(List.of("--model", Paths.MODEL_JSON));
    args.addAll(List.of("--into", Paths.CLAIM + "/" + files));
    List<VolumeMount> mounts = new ArrayList<>();
    mounts.add(Pods.readOnly("policy", Paths.POLICY));
    mounts.add(Pods.mount(Volumes.MODEL, Paths.CLAIM));
    if (w.token().isPresent()) {
      args.addAll(List.of("--token", Paths.TOKEN + "/token"));
      mounts.add(Pods.readOnly("token", Paths.TOKEN));
    }
    w.platform().fetch().httpsProxy().ifPresent(p -> args.addAll(List.of("--proxy", p)));
    if (w.platform().fetch().caBundleConfigMap().isPresent()) {
      args.addAll(List.of("--ca", Paths.CA + "/ca.crt"));
      mounts.add(Pods.readOnly("ca", Paths.CA));
    }
    return new ContainerBuilder()
        .withName(Names.FETCH)
        .withImage(context.guardImage())
        .withArgs(args)
        .withEnv(Pods.env(Map.of(EngineEnvironment.NO_GPU, "void")))
        .withResources(Pods.resources(w, CPU, MEMORY, Map.of()))
        .withSecurityContext(Pods.container())
        .withTerminationMessagePolicy("File")
        .withVolumeMounts(mounts)
        .build();
  }

  private List<Volume> volumes() {
    List<Volume> volumes = new ArrayList<>();
    volumes.add(
        new VolumeBuilder()
            .withName("policy")
            .withNewConfigMap()
            .withName(Names.fetch(w.name(), files))
            .endConfigMap()
            .build());
    volumes.add(
        new VolumeBuilder()
            .withName(Volumes.MODEL)
            .withNewPersistentVolumeClaim()
            .withClaimName(Names.claim(w.name()))
            .endPersistentVolumeClaim()
            .build());
    w.token()
        .ifPresent(t -> volumes.add(Volumes.secretEntry("token", t.secret(), t.key(), "token")));
    w.platform()
        .fetch()
        .caBundleConfigMap()
        .ifPresent(
            name ->
                volumes.add(
                    new VolumeBuilder()
                        .withName("ca")
                        .withNewConfigMap()
                        .withName(name)
                        .addNewItem()
                        .withKey("ca.crt")
                        .withPath("ca.crt")
                        .endItem()
                        .endConfigMap()
                        .build()));
    return volumes;
  }
}
