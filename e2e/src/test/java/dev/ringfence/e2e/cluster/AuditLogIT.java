package dev.ringfence.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** That what clients do is counted: no more, no less, and not before or after. */
@WithControlPlane
final class AuditLogIT {

  @Test
  void countsWhatAClientWroteBetweenTwoMarks(
      LocalControlPlane controlPlane, AuditLog audit, TestNamespace namespace) {
    var user = "writer-" + namespace.name();
    Predicate<AuditEvent> ours = event -> event.user().equals(user);
    try (var writer = controlPlane.clientFor(user, "system:masters");
        var stranger = controlPlane.clientFor("stranger-" + namespace.name())) {
      writer.resource(configMap(namespace, "before")).create();
      var start = audit.mark();
      writer.resource(configMap(namespace, "a")).create();
      writer.resource(configMap(namespace, "b")).serverSideApply();
      writer.configMaps().inNamespace(namespace.name()).list();
      writer.resource(configMap(namespace, "c")).dryRun().create();
      refused(writer, configMap(namespace, "a"));
      refused(stranger, configMap(namespace, "d"));
      writer.configMaps().inNamespace(namespace.name()).withName("a").delete();
      var end = audit.mark();
      writer.resource(configMap(namespace, "after")).create();

      assertThat(audit.between(start, end, ours.and(AuditEvent::isWrite)))
          .extracting(AuditEvent::verb, AuditEvent::name, AuditEvent::code)
          .containsExactly(
              tuple("create", "a", 201),
              tuple("patch", "b", 201),
              tuple("create", "a", 409),
              tuple("delete", "a", 200));
      assertThat(audit.between(start, end, ours))
          .extracting(AuditEvent::verb)
          .contains("list")
          .filteredOn(verb -> verb.equals("create"))
          .as("with the dry run, which is no write")
          .hasSize(3);
      assertThat(audit.writes(start, end))
          .filteredOn(event -> event.user().startsWith("stranger-"))
          .extracting(AuditEvent::resource, AuditEvent::code, AuditEvent::userAgent)
          .containsExactly(tuple("configmaps", 403, "stranger-" + namespace.name()));
      assertThat(
              AuditLog.count(
                  audit.between(start, end, ours.and(AuditEvent::isWrite)),
                  event -> event.verb() + " " + event.code()))
          .isEqualTo(Map.of("create 201", 1L, "create 409", 1L, "delete 200", 1L, "patch 201", 1L));
    }
  }

  @Test
  void aMarkIsBehindEveryAnsweredRequest(
      LocalControlPlane controlPlane, AuditLog audit, TestNamespace namespace) {
    var user = "burst-" + namespace.name();
    try (var writer = controlPlane.clientFor(user, "system:masters")) {
      for (int round = 0; round < 20; round++) {
        var start = audit.mark();
        for (var name : List.of("x", "y", "z")) {
          writer.resource(configMap(namespace, name + round)).create();
        }
        assertThat(audit.writes(start, audit.mark()))
            .filteredOn(event -> event.user().equals(user))
            .hasSize(3);
      }
    }
  }

  private static void refused(KubernetesClient client, ConfigMap object) {
    assertThatThrownBy(() -> client.resource(object).create())
        .isInstanceOf(KubernetesClientException.class);
  }

  private static ConfigMap configMap(TestNamespace namespace, String name) {
    return new ConfigMapBuilder()
        .withNewMetadata()
        .withName(name)
        .withNamespace(namespace.name())
        .endMetadata()
        .build();
  }
}
