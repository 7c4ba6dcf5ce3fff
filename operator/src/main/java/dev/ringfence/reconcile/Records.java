package dev.ringfence.reconcile;

import dev.ringfence.reconcile.Acceptance.Proof;
import dev.ringfence.reconcile.Acceptance.Role;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.net.HttpURLConnection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Keeps the two records of each workload, and no more than the two. What does not bear the
 * operator's seal is no record.
 */
final class Records {
  private static final int TRIES = 5;

  /** Our own last writes, until the informer has them. */
  private final Map<String, ControllerRevision> written = new ConcurrentHashMap<>();

  private final World world;
  private final Api api;
  private final Seal seal;

  Records(World world, Api api, Seal seal) {
    this.world = world;
    this.api = api;
    this.seal = seal;
  }

  /** The workload is being deleted or gone, so nothing is written for it any more. */
  static final class Going extends RuntimeException {
    private static final long serialVersionUID = 1;

    Going(RawWorkload workload) {
      super(workload.getMetadata().getName() + " is being deleted", null, false, false);
    }
  }

  /** All that the operator has written and nobody has changed, whatever workload it is of. */
  Stream<ControllerRevision> all() {
    return world.all(ControllerRevision.class).stream().filter(seal::holds);
  }

  /** The record in that role; what does not have our seal, our shape or our owner is none. */
  Optional<Acceptance> read(RawWorkload workload, Role role) {
    return candidates(workload, role).findFirst();
  }

  private Stream<Acceptance> candidates(RawWorkload workload, Role role) {
    Map<String, ControllerRevision> byName = new TreeMap<>();
    owned(workload, role)
        .forEach(revision -> byName.put(revision.getMetadata().getName(), revision));
    ControllerRevision last = written.get(key(workload, role));
    if (last != null) {
      ControllerRevision cached = byName.get(last.getMetadata().getName());
      if (cached == null ? api.get(last).isPresent() : newer(last, cached)) {
        byName.put(last.getMetadata().getName(), last);
      } else {
        written.remove(key(workload, role));
      }
    }
    return byName.values().stream()
        .sorted(Comparator.comparing(ControllerRevision::getRevision).reversed())
        .flatMap(revision -> Acceptance.read(revision).stream());
  }

  private static boolean newer(ControllerRevision written, ControllerRevision cached) {
    return version(written) > version(cached);
  }

  /** Comparable since Kubernetes 1.35, and in fact before: etcd's revision. */
  private static long version(ControllerRevision revision) {
    try {
      return Long.parseLong(revision.getMetadata().getResourceVersion());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private List<ControllerRevision> owned(RawWorkload workload, Role role) {
    return world.of(ControllerRevision.class, ResourceID.fromResource(workload)).stream()
        .filter(revision -> Children.isOurs(workload, revision))
        .filter(
            revision -> role.text().equals(revision.getMetadata().getLabels().get(Acceptance.ROLE)))
        .filter(seal::holds)
        .toList();
  }

  /**
   * Writes a new record and removes the former ones of its role.
   *
   * @throws Going when the workload is not there to stay: what were made now would be the
   *     collector's, who takes his time
   */
  Acceptance write(
      RawWorkload workload,
      Role role,
      Inputs inputs,
      Optional<Proof> proof,
      Map<String, String> annotations) {
    long highest =
        world.of(ControllerRevision.class, ResourceID.fromResource(workload)).stream()
            .filter(revision -> revision.getRevision() != null)
            .mapToLong(ControllerRevision::getRevision)
            .max()
            .orElse(0);
    for (Role each : Role.values()) {
      ControllerRevision last = written.get(key(workload, each));
      highest = last == null ? highest : Math.max(highest, last.getRevision());
    }
    if (!api.stays(workload)) {
      throw new Going(workload);
    }
    for (int attempt = 1; ; attempt++) {
      ControllerRevision revision =
          revision(workload, role, highest + attempt, inputs, proof, annotations);
      try {
        ControllerRevision made = api.create(revision);
        ControllerRevision before = written.put(key(workload, role), made);
        // The informer may be quick enough to have the new one already.
        owned(workload, role).stream()
            .filter(old -> !old.getMetadata().getName().equals(made.getMetadata().getName()))
            .forEach(api::delete);
        if (before != null
            && !before.getMetadata().getName().equals(made.getMetadata().getName())) {
          api.delete(before);
        }
        return stored(made);
      } catch (KubernetesClientException e) {
        // Somebody else's object has the name; a later number is as good.
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || attempt == TRIES) {
          throw e;
        }
      }
    }
  }

  private ControllerRevision revision(
      RawWorkload workload,
      Role role,
      long number,
      Inputs inputs,
      Optional<Proof> proof,
      Map<String, String> annotations) {
    return sealed(
        new ControllerRevisionBuilder()
            .withNewMetadata()
            .withName(workload.getMetadata().getName() + "--" + number)
            .withNamespace(workload.getMetadata().getNamespace())
            .addToLabels("app.kubernetes.io/managed-by", "ringfence")
            .addToLabels("app.kubernetes.io/part-of", "ringfence")
            .addToLabels(World.WORKLOAD, workload.getMetadata().getName())
            .addToLabels(Acceptance.ROLE, role.text())
            .withAnnotations(annotations)
            .withOwnerReferences(
                new OwnerReferenceBuilder()
                    .withApiVersion(workload.getApiVersion())
                    .withKind(workload.getKind())
                    .withName(workload.getMetadata().getName())
                    .withUid(workload.getMetadata().getUid())
                    .withController(true)
                    .withBlockOwnerDeletion(true)
                    .build())
            .endMetadata()
            .withRevision(number)
            .withData(Acceptance.data(inputs, proof))
            .build());
  }

  private ControllerRevision sealed(ControllerRevision revision) {
    return new ControllerRevisionBuilder(revision)
        .editMetadata()
        .addToAnnotations(Seal.ANNOTATION, seal.of(revision))
        .endMetadata()
        .build();
  }

  private Acceptance stored(ControllerRevision made) {
    return Acceptance.read(made)
        .filter(record -> seal.holds(made))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "the record "
                        + made.getMetadata().getName()
                        + " is not stored as it was written; an admission webhook changes it"));
  }

  /** Changes annotations of a record; an empty value removes one. */
  Acceptance annotate(
      RawWorkload workload,
      Role role,
      Acceptance record,
      Map<String, Optional<String>> annotations) {
    Map<String, String> texts = new TreeMap<>();
    if (record.revision().getMetadata().getAnnotations() != null) {
      texts.putAll(record.revision().getMetadata().getAnnotations());
    }
    annotations.forEach(
        (name, value) -> {
          if (value.isPresent()) {
            texts.put(name, value.get());
          } else {
            texts.remove(name);
          }
        });
    ControllerRevision changed =
        sealed(
            new ControllerRevisionBuilder(record.revision())
                .editMetadata()
                .withAnnotations(texts)
                .endMetadata()
                .build());
    Map<String, Optional<String>> marks = new TreeMap<>(annotations);
    marks.put(
        Seal.ANNOTATION,
        Optional.ofNullable(changed.getMetadata().getAnnotations().get(Seal.ANNOTATION)));
    ControllerRevision made = api.annotate(record.revision(), marks);
    written.put(key(workload, role), made);
    return stored(made);
  }

  /** Removes records beyond the newest of each role, and what was given another role. */
  void prune(RawWorkload workload) {
    Set<String> keep = new HashSet<>();
    for (Role role : Role.values()) {
      read(workload, role).ifPresent(r -> keep.add(r.revision().getMetadata().getName()));
    }
    world.of(ControllerRevision.class, ResourceID.fromResource(workload)).stream()
        .filter(revision -> Children.isOurs(workload, revision))
        .filter(revision -> !keep.contains(revision.getMetadata().getName()))
        .forEach(api::delete);
  }

  void forget(RawWorkload workload) {
    for (Role role : Role.values()) {
      written.remove(key(workload, role));
    }
  }

  private static String key(RawWorkload workload, Role role) {
    return workload.getMetadata().getUid() + "/" + role;
  }
}
