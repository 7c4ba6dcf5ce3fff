package dev.ringfence.e2e.install;

import dev.ringfence.e2e.cluster.AuditEvent;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;

/** What RBAC grants a ServiceAccount, one verb on one resource at a time. */
final class Rights {
  private Rights() {}

  /**
   * @param role which role grants it
   * @param namespace where; empty for everywhere
   * @param resource plural with group and subresource, as in {@link AuditEvent}
   * @param names the objects that it is for; empty for all
   */
  record Right(String role, String namespace, String resource, String verb, List<String> names) {

    boolean covers(AuditEvent event) {
      return event.resource().equals(resource)
          && (event.verb().equals(verb) || (verb.equals("create") && created(event)))
          && (namespace.isEmpty() || namespace.equals(event.namespace()))
          && (names.isEmpty() || names.contains(event.name()));
    }

    /** An apply that makes an object needs both verbs; the log shows the one. */
    private static boolean created(AuditEvent event) {
      return event.verb().equals("patch") && event.code() == 201;
    }

    @Override
    public String toString() {
      return "%s: %s %s%s%s"
          .formatted(
              role,
              verb,
              resource,
              names.isEmpty() ? "" : " " + names,
              namespace.isEmpty() ? "" : " in " + namespace);
    }
  }

  static List<Right> of(KubernetesClient client, String namespace, String account) {
    List<Right> rights = new ArrayList<>();
    client.rbac().clusterRoleBindings().list().getItems().stream()
        .filter(b -> names(b.getSubjects(), namespace, account))
        .forEach(b -> add(rights, client, b.getRoleRef().getKind(), b.getRoleRef().getName(), ""));
    client.rbac().roleBindings().inAnyNamespace().list().getItems().stream()
        .filter(b -> names(b.getSubjects(), namespace, account))
        .forEach(
            b ->
                add(
                    rights,
                    client,
                    b.getRoleRef().getKind(),
                    b.getRoleRef().getName(),
                    b.getMetadata().getNamespace()));
    return rights;
  }

  private static boolean names(List<Subject> subjects, String namespace, String account) {
    return subjects.stream()
        .anyMatch(
            s ->
                s.getKind().equals("ServiceAccount")
                    && namespace.equals(s.getNamespace())
                    && s.getName().equals(account));
  }

  private static void add(
      List<Right> rights, KubernetesClient client, String kind, String name, String namespace) {
    List<PolicyRule> rules =
        kind.equals("ClusterRole")
            ? client.rbac().clusterRoles().withName(name).require().getRules()
            : client.rbac().roles().inNamespace(namespace).withName(name).require().getRules();
    for (PolicyRule rule : rules) {
      for (String group : rule.getApiGroups()) {
        for (String resource : rule.getResources()) {
          for (String verb : rule.getVerbs()) {
            rights.add(
                new Right(
                    kind + " " + name,
                    namespace,
                    resource(group, resource),
                    verb,
                    rule.getResourceNames() == null ? List.of() : rule.getResourceNames()));
          }
        }
      }
    }
  }

  private static String resource(String group, String resource) {
    int slash = resource.indexOf('/');
    String plural = slash < 0 ? resource : resource.substring(0, slash);
    return (group.isEmpty() ? plural : plural + "." + group) + resource.substring(plural.length());
  }
}
