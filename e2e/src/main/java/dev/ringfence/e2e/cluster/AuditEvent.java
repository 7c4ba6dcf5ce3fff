package dev.ringfence.e2e.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/**
 * One finished request, out of the API server's audit log.
 *
 * @param user who, such as {@code system:serviceaccount:kube-system:deployment-controller}; for an
 *     impersonated request the one who was impersonated
 * @param userAgent what the client calls itself
 * @param verb Kubernetes' verb: get, list, create, update, patch, delete, deletecollection
 * @param resource plural with group and subresource: {@code pods}, {@code deployments.apps}, {@code
 *     deployments.apps/status}
 * @param namespace empty for cluster resources
 * @param name empty for lists and for generated names
 * @param code HTTP status
 * @param dryRun whether the request asked for nothing to be stored
 */
public record AuditEvent(
    String user,
    String userAgent,
    String verb,
    String resource,
    String namespace,
    String name,
    int code,
    boolean dryRun) {

  private static final Set<String> MUTATING =
      Set.of("create", "update", "patch", "delete", "deletecollection");

  /** Whether it asked to store something, with whatever result; a dry run does not. */
  public boolean isWrite() {
    return MUTATING.contains(verb) && !dryRun;
  }

  static AuditEvent of(JsonNode event) {
    var object = event.path("objectRef");
    var user = event.path("impersonatedUser").path("username").asText("");
    var resource = new StringBuilder(object.path("resource").asText(""));
    var group = object.path("apiGroup").asText("");
    if (!group.isEmpty()) {
      resource.append('.').append(group);
    }
    var subresource = object.path("subresource").asText("");
    if (!subresource.isEmpty()) {
      resource.append('/').append(subresource);
    }
    return new AuditEvent(
        user.isEmpty() ? event.path("user").path("username").asText("") : user,
        event.path("userAgent").asText(""),
        event.path("verb").asText(""),
        resource.toString(),
        object.path("namespace").asText(""),
        object.path("name").asText(""),
        event.path("responseStatus").path("code").asInt(),
        event.path("requestURI").asText("").contains("dryRun="));
  }
}
