package dev.ringfence.reconcile;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.resources.RawWorkload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Optional;

/**
 * Every request that changes something. Three kinds of write are enough: an apply that never takes
 * over an object that is there, a replacement of a version that was looked at, and a deletion of an
 * object that was looked at.
 */
public final class Api {
  /** The one field manager of everything that this program writes. */
  public static final String MANAGER = "ringfence";

  /**
   * On a create, so that a conflict tells when the object is there after all: no object has this
   * version.
   */
  private static final String NO_VERSION = "1";

  private final KubernetesClient client;

  public Api(KubernetesClient client) {
    this.client = client;
  }

  /** As the API server has it now. */
  <R extends HasMetadata> Optional<R> get(R object) {
    return Optional.ofNullable(client.resource(object).get());
  }

  /**
   * Whether the workload is there and stays, asked of the API server before something is written
   * for it. Children lose their owner or vanish before the informer says that it goes; what was
   * made or given its owner back then would be the collector's.
   */
  boolean stays(RawWorkload owner) {
    return get(owner)
        .filter(there -> there.getMetadata().getUid().equals(owner.getMetadata().getUid()))
        .filter(there -> !there.isMarkedForDeletion())
        .isPresent();
  }

  /** What {@link #create} would store. */
  <R extends HasMetadata> R tryCreate(R object) {
    return client
        .resource(unborn(object))
        .dryRun()
        .fieldManager(MANAGER)
        .forceConflicts()
        .serverSideApply();
  }

  /**
   * Creates by server-side apply.
   *
   * @throws KubernetesClientException with code 409 when an object of that name is there
   */
  <R extends HasMetadata> R create(R object) {
    return client.resource(unborn(object)).fieldManager(MANAGER).forceConflicts().serverSideApply();
  }

  private <R extends HasMetadata> R unborn(R object) {
    R copy = copy(object);
    copy.getMetadata().setResourceVersion(NO_VERSION);
    return copy;
  }

  /** What {@link #replace} would store. */
  <R extends HasMetadata> R tryReplace(R live, ObjectNode body) {
    return put(live, "", body, "&dryRun=All");
  }

  /**
   * Replaces the version of the object that was looked at; the body holds its resourceVersion.
   *
   * @throws KubernetesClientException with code 409 when it is not the current version
   */
  <R extends HasMetadata> R replace(R live, ObjectNode body) {
    return put(live, "", body, "");
  }

  /**
   * Changes annotations of the version of the object that was looked at, and sends nothing else: a
   * ControllerRevision's data is compared byte by byte, and the API server does not write {@code <}
   * as we do.
   *
   * @param annotations an empty value removes one
   * @throws KubernetesClientException with code 409 when it is not the current version
   */
  <R extends HasMetadata> R annotate(R live, Map<String, Optional<String>> annotations) {
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    ObjectNode metadata = patch.putObject("metadata");
    metadata.put("resourceVersion", live.getMetadata().getResourceVersion());
    ObjectNode texts = metadata.putObject("annotations");
    annotations.forEach((name, value) -> texts.put(name, value.orElse(null)));
    return client
        .resource(live)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.JSON_MERGE)
                .withFieldManager(MANAGER)
                .build(),
            patch.toString());
  }

  /** Replaces the status of the version of the object that was looked at. */
  public <R extends HasMetadata> R replaceStatus(R live, ObjectNode body) {
    return put(live, "/status", body, "");
  }

  @SuppressWarnings("unchecked") // the API server answers with an object of the same kind
  private <R extends HasMetadata> R put(
      R live, String subresource, ObjectNode body, String options) {
    String answer =
        client.raw(
            path(live) + subresource + "?fieldManager=" + MANAGER + options,
            "PUT",
            body.toString());
    return (R) client.getKubernetesSerialization().unmarshal(answer, live.getClass());
  }

  /**
   * Deletes exactly this object; one that has taken its name is left alone. Does nothing when it is
   * gone.
   */
  void delete(HasMetadata live) {
    ObjectNode options = JsonNodeFactory.instance.objectNode();
    options
        .put("apiVersion", "v1")
        .put("kind", "DeleteOptions")
        .put("propagationPolicy", "Background");
    options.putObject("preconditions").put("uid", live.getMetadata().getUid());
    try {
      client.raw(path(live), "DELETE", options.toString());
    } catch (KubernetesClientException e) {
      // 409: another object has the name now.
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND
          && e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }

  <R extends HasMetadata> R copy(R object) {
    return client.getKubernetesSerialization().clone(object);
  }

  ObjectNode tree(HasMetadata object) {
    return client.getKubernetesSerialization().convertValue(object, ObjectNode.class);
  }

  private static String path(HasMetadata object) {
    String version = object.getApiVersion();
    String namespace = object.getMetadata().getNamespace();
    return (version.contains("/") ? "/apis/" : "/api/")
        + version
        + (namespace == null ? "" : "/namespaces/" + namespace)
        + "/"
        + object.getPlural()
        + "/"
        + object.getMetadata().getName();
  }
}
