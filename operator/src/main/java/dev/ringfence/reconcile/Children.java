package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.reconcile.Trees.Difference;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the objects on the cluster equal to the rendered ones, and writes nothing when they are.
 *
 * <p>Apply neither sees nor removes a field that it does not own, and who owns a field can be
 * forged; so an object that looks different is compared with what the API server would make of a
 * replacement by ours (a dry run), and replaced.
 */
final class Children {
  private static final Logger LOG = LoggerFactory.getLogger(Children.class);

  /**
   * On a child: the uid of its owner, so that it is known as ours when its owner reference is
   * removed.
   */
  static final String OWNER = "ringfence.dev/owner";

  private static final String MANAGED_BY = "app.kubernetes.io/managed-by";

  /** What came of one child. */
  sealed interface Outcome {
    /**
     * It is as rendered.
     *
     * @param live as the API server has it
     * @param repaired who had changed it, when it was put back
     */
    record Settled(HasMetadata live, Optional<String> repaired) implements Outcome {}

    /** Something has to end first; the informers tell when. */
    record Pending(String why) implements Outcome {}

    /** An object of the same name that is not ours. */
    record Foreign(String what) implements Outcome {}

    /** Somebody's webhook changes what we write. */
    record Mutated(String what, Difference where) implements Outcome {}

    /** Somebody undoes our repairs. */
    record Fought(String what, String by, Instant peace) implements Outcome {}

    /**
     * The API server refuses it.
     *
     * @param waiting whether that may pass by itself, as a quota does
     */
    record Refused(String what, String message, boolean waiting) implements Outcome {}
  }

  /** What was found to be as rendered. */
  private record Synced(String desired, String live) {}

  /** Our own last write, until the informer has it. */
  private record Written(HasMetadata answer, String before) {}

  private final Map<String, Synced> synced = new ConcurrentHashMap<>();
  private final Map<String, Written> written = new ConcurrentHashMap<>();
  private final DriftLedger ledger = new DriftLedger();
  private static final Outcome GOING = new Outcome.Pending("the workload is being deleted");

  private final World world;
  private final Api api;
  private final InstantSource clock;

  Children(World world, Api api, InstantSource clock) {
    this.world = world;
    this.api = api;
    this.clock = clock;
  }

  /** What a child is to be, given what is there. */
  @FunctionalInterface
  interface Fit<R extends HasMetadata> {
    R to(Optional<R> live);
  }

  /**
   * Makes the child equal to the rendered one, fitted to what is there. Where it has changed since
   * the informer saw it, it is read, fitted and judged once more, so that what is said of it does
   * not depend on who was faster, and nothing is decided on what is not so any more.
   */
  <R extends HasMetadata> Outcome settle(RawWorkload owner, R rendered, Fit<R> fit) {
    try {
      try {
        return settle(owner, fit, find(rendered));
      } catch (KubernetesClientException e) {
        if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
          throw e;
        }
        return settle(owner, fit, api.get(rendered));
      }
    } catch (KubernetesClientException e) {
      return refused(rendered, e);
    }
  }

  private <R extends HasMetadata> Outcome settle(RawWorkload owner, Fit<R> fit, Optional<R> live) {
    R desired = ours(owner, fit.to(live));
    return live.isEmpty() ? create(owner, desired) : keep(owner, desired, live.get());
  }

  /** With what marks it as ours. */
  private <R extends HasMetadata> R ours(RawWorkload owner, R rendered) {
    R desired = api.copy(rendered);
    desired.getMetadata().getAnnotations().put(OWNER, owner.getMetadata().getUid());
    return desired;
  }

  /** The child as the informer has it, or as our own last write left it when that is newer. */
  <R extends HasMetadata> Optional<R> seen(R desired) {
    Optional<R> cached = cached(desired);
    Written last = written.get(key(desired));
    if (last == null || cached.isEmpty()) {
      return cached;
    }
    HasMetadata found = cached.get();
    if (found.getMetadata().getResourceVersion().equals(last.before())) {
      return Optional.of(same(desired, last.answer()));
    }
    written.remove(key(desired));
    return cached;
  }

  private <R extends HasMetadata> Optional<R> find(R desired) {
    Optional<R> seen = seen(desired);
    // What the informer does not have may be there all the same: just made, or without our label.
    return seen.isPresent() ? seen : api.get(desired);
  }

  @SuppressWarnings("unchecked") // the class of an R is a class of R's
  private <R extends HasMetadata> Optional<R> cached(R desired) {
    return world.get((Class<R>) desired.getClass(), ResourceID.fromResource(desired));
  }

  @SuppressWarnings({"unchecked", "unused"}) // an answer is of the kind that was sent
  private static <R extends HasMetadata> R same(R kind, HasMetadata answer) {
    return (R) answer;
  }

  private <R extends HasMetadata> Outcome create(RawWorkload owner, R desired) {
    if (!api.stays(owner)) {
      return GOING;
    }
    ObjectNode sent = Trees.wanted(api.tree(desired));
    Optional<Difference> harm =
        Admission.harm(sent, Trees.wanted(api.tree(api.tryCreate(desired))));
    if (harm.isPresent()) {
      return new Outcome.Mutated(name(desired), harm.get());
    }
    R live = api.create(desired);
    remember(desired, sent, live, "");
    return new Outcome.Settled(live, Optional.empty());
  }

  private <R extends HasMetadata> Outcome keep(RawWorkload owner, R desired, R live) {
    if (!isOurs(owner, live)) {
      return new Outcome.Foreign(name(live));
    }
    if (live.isMarkedForDeletion()) {
      return new Outcome.Pending(name(live) + " is being deleted");
    }
    // A repair counts from when it was decided: when the API server has answered, others have seen
    // it.
    Instant now = clock.instant();
    ObjectNode liveTree = api.tree(live);
    ObjectNode wantedLive = Trees.wanted(liveTree);
    ObjectNode sent = Trees.wanted(api.tree(desired));
    Optional<Synced> before =
        Optional.ofNullable(synced.get(live.getMetadata().getUid()))
            .filter(last -> last.desired().equals(Trees.digest(sent)));
    boolean asBefore = before.isPresent();
    if (before.filter(last -> last.live().equals(Trees.digest(wantedLive))).isPresent()) {
      return new Outcome.Settled(live, Optional.empty());
    }
    Optional<String> unalterable = unalterable(desired, live);
    if (unalterable.isPresent()) {
      return new Outcome.Refused(name(live), unalterable.get(), false);
    }
    ObjectNode body = body(desired, live, liveTree);
    R answer;
    try {
      answer = api.tryReplace(live, body);
    } catch (KubernetesClientException e) {
      if (immutable(e)) {
        LOG.info("{} differs where it cannot be changed, so it is made anew", name(live));
        api.delete(live);
        synced.remove(live.getMetadata().getUid());
        return new Outcome.Pending(name(live) + " is made anew");
      }
      throw e;
    }
    ObjectNode wantedAnswer = Trees.wanted(api.tree(answer));
    Optional<Difference> harm = Admission.harm(Trees.wanted(body), wantedAnswer);
    if (harm.isPresent()) {
      return new Outcome.Mutated(name(live), harm.get());
    }
    Optional<Difference> difference = Trees.difference(wantedAnswer, wantedLive);
    if (difference.isEmpty()) {
      remember(desired, sent, live, live.getMetadata().getResourceVersion());
      return new Outcome.Settled(live, Optional.empty());
    }
    if (asBefore && ledger.exhausted(key(live), now)) {
      return new Outcome.Fought(name(live), otherManager(live), ledger.peace(key(live), now));
    }
    if (!api.stays(owner)) {
      return GOING;
    }
    R replaced = api.replace(live, body);
    remember(desired, sent, replaced, live.getMetadata().getResourceVersion());
    if (!asBefore) {
      return new Outcome.Settled(replaced, Optional.empty());
    }
    ledger.repaired(key(live), now);
    String what = difference.get().path() + " (changed by " + otherManager(live) + ")";
    LOG.info("{} was changed at {}, put back", name(live), what);
    return new Outcome.Settled(replaced, Optional.of(name(live) + " " + what));
  }

  private void remember(HasMetadata desired, ObjectNode sent, HasMetadata live, String before) {
    synced.put(
        live.getMetadata().getUid(),
        new Synced(Trees.digest(sent), Trees.digest(Trees.wanted(api.tree(live)))));
    if (!live.getMetadata().getResourceVersion().equals(before)) {
      written.put(key(desired), new Written(live, before));
    }
  }

  /** Our object with the live one's identity, and with what only the API server can know. */
  private ObjectNode body(HasMetadata desired, HasMetadata live, ObjectNode liveTree) {
    ObjectNode body = api.tree(desired);
    ObjectNode metadata = (ObjectNode) body.path("metadata");
    JsonNode old = liveTree.path("metadata");
    for (String field : new String[] {"uid", "resourceVersion", "finalizers"}) {
      if (old.has(field)) {
        metadata.set(field, old.get(field).deepCopy());
      }
    }
    for (String field : new String[] {"labels", "annotations"}) {
      ObjectNode merged =
          old.path(field) instanceof ObjectNode theirs ? theirs.deepCopy() : metadata.objectNode();
      if (metadata.path(field) instanceof ObjectNode mine) {
        merged.setAll(mine);
      }
      if (!merged.isEmpty()) {
        metadata.set(field, merged);
      }
    }
    switch (live) {
      case Job ignored -> {
        ObjectNode spec = (ObjectNode) body.path("spec");
        spec.set("selector", liveTree.path("spec").path("selector").deepCopy());
        ObjectNode template = (ObjectNode) spec.path("template");
        ObjectNode labels = template.withObjectProperty("metadata").withObjectProperty("labels");
        liveTree
            .path("spec")
            .path("template")
            .path("metadata")
            .path("labels")
            .properties()
            .forEach(
                label -> {
                  if (label.getKey().endsWith("controller-uid")
                      || label.getKey().endsWith("job-name")) {
                    labels.set(label.getKey(), label.getValue());
                  }
                });
      }
      case PersistentVolumeClaim claim -> {
        // Everything but the size is fixed; the size may only grow.
        ObjectNode spec = (ObjectNode) liveTree.path("spec").deepCopy();
        if (size(claim).compareTo(size((PersistentVolumeClaim) desired)) < 0) {
          spec.set("resources", body.path("spec").path("resources").deepCopy());
        }
        body.set("spec", spec);
      }
      case ServiceAccount ignored -> {
        // Other controllers keep lists there (OpenShift does); our pods mount no token, so they
        // matter to nobody.
        for (String field : new String[] {"secrets", "imagePullSecrets"}) {
          if (liveTree.has(field)) {
            body.set(field, liveTree.get(field).deepCopy());
          }
        }
      }
      case Deployment ignored -> {
        ObjectNode spec = (ObjectNode) body.path("spec");
        if (!spec.has("replicas")) {
          spec.set("replicas", liveTree.path("spec").path("replicas").deepCopy());
        }
      }
      default -> {}
    }
    return body;
  }

  /** Why a claim of ours cannot become what is wanted. */
  private static Optional<String> unalterable(HasMetadata desired, HasMetadata live) {
    if (!(desired instanceof PersistentVolumeClaim wanted)
        || !(live instanceof PersistentVolumeClaim found)) {
      return Optional.empty();
    }
    String wantedClass = wanted.getSpec().getStorageClassName();
    boolean same =
        wanted.getSpec().getAccessModes().equals(found.getSpec().getAccessModes())
            && (wantedClass == null
                || Objects.equals(wantedClass, found.getSpec().getStorageClassName()));
    return same
        ? Optional.empty()
        : Optional.of(
            "its access mode or storage class is another, and a claim's cannot be changed; delete the claim to have it made anew");
  }

  private static java.math.BigDecimal size(PersistentVolumeClaim claim) {
    Quantity size = claim.getSpec().getResources().getRequests().get("storage");
    return size == null ? java.math.BigDecimal.ZERO : Quantity.getAmountInBytes(size);
  }

  private static boolean immutable(KubernetesClientException e) {
    return e.getCode() == 422
        && e.getStatus() != null
        && e.getStatus().getDetails() != null
        && e.getStatus().getDetails().getCauses().stream()
            .anyMatch(
                cause ->
                    cause.getMessage() != null
                        && (cause.getMessage().contains("immutable")
                            || cause.getMessage().contains("may not change once set")));
  }

  /**
   * Whether we may touch the object; it says nothing about what we may believe of it. The
   * annotation counts only where no other controller has the object, so that a removed owner
   * reference is put back.
   */
  static boolean isOurs(RawWorkload owner, HasMetadata object) {
    String uid = owner.getMetadata().getUid();
    Optional<OwnerReference> controller =
        object.getMetadata().getOwnerReferences().stream()
            .filter(reference -> Boolean.TRUE.equals(reference.getController()))
            .findFirst();
    if (controller.isPresent()) {
      return controller.get().getUid().equals(uid);
    }
    Map<String, String> labels =
        Objects.requireNonNullElse(object.getMetadata().getLabels(), Map.of());
    Map<String, String> annotations =
        Objects.requireNonNullElse(object.getMetadata().getAnnotations(), Map.of());
    return object.getMetadata().getOwnerReferences().stream()
            .anyMatch(reference -> reference.getUid().equals(uid))
        || (MANAGER_LABEL.equals(labels.get(MANAGED_BY)) && uid.equals(annotations.get(OWNER)));
  }

  private static final String MANAGER_LABEL = "ringfence";

  /** Deletes a child that is not wanted any more. */
  void prune(HasMetadata live) {
    LOG.info("{} is not part of the workload any more, deleted", name(live));
    api.delete(live);
    synced.remove(live.getMetadata().getUid());
    written.remove(key(live));
    ledger.forget(key(live));
  }

  private Outcome refused(HasMetadata desired, KubernetesClientException e) {
    if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
      return new Outcome.Pending(name(desired) + " has just changed");
    }
    String message = Refusal.of(e).orElseThrow(() -> e).message();
    return new Outcome.Refused(name(desired), message, message.contains("quota"));
  }

  /** Who else has written the object last, as far as it says. */
  private static String otherManager(HasMetadata live) {
    return live.getMetadata().getManagedFields().stream()
        .filter(entry -> !Api.MANAGER.equals(entry.getManager()))
        .filter(entry -> entry.getSubresource() == null || entry.getSubresource().isEmpty())
        .max(Comparator.comparing(entry -> Objects.requireNonNullElse(entry.getTime(), "")))
        .map(ManagedFieldsEntry::getManager)
        .orElse("somebody who hides the name");
  }

  static String name(HasMetadata object) {
    return object.getKind() + " " + object.getMetadata().getName();
  }

  static String key(HasMetadata object) {
    return object.getKind()
        + "/"
        + object.getMetadata().getNamespace()
        + "/"
        + object.getMetadata().getName();
  }
}
