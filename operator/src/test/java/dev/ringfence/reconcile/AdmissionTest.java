package dev.ringfence.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AdmissionTest {
  private static final String SENT =
      """
      {"metadata":{"labels":{"a":"b"}},"spec":{"template":{"metadata":{"labels":{"x":"y"}},"spec":{
        "containers":[{"name":"c","image":"registry.example/a@sha256:%s","resources":{"limits":{"cpu":"1000m"}}}],
        "tolerations":[]}}}}
      """
          .formatted("a".repeat(64));

  /** What an answer changes, as JSON pointer and value; the path that is harmful, or a dash. */
  @ParameterizedTest(name = "{0} = {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "/metadata/labels/team | \"x\" | -",
        "/metadata/annotations | {\"k\":\"v\"} | -",
        "/spec/template/metadata/annotations | {\"k\":\"v\"} | -",
        "/spec/template/spec/imagePullSecrets | [{\"name\":\"registry\"}] | -",
        "/spec/template/spec/tolerations | [{\"key\":\"gpu\",\"operator\":\"Exists\"}] | -",
        "/spec/template/spec/schedulingGates | [{\"name\":\"queue\"}] | -",
        "/spec/template/spec/dnsPolicy | \"ClusterFirst\" | -",
        "/spec/template/spec/dnsPolicy | \"Default\" | spec.template.spec.dnsPolicy",
        "/spec/template/spec/hostNetwork | true | spec.template.spec.hostNetwork",
        "/spec/template/spec/initContainers | [{\"name\":\"mesh\"}] | spec.template.spec.initContainers",
        "/spec/template/spec/volumes | [{\"name\":\"v\"}] | spec.template.spec.volumes",
        "/spec/template/spec/serviceAccountName | \"other\" | spec.template.spec.serviceAccountName",
        "/spec/template/spec/containers/0/env | [{\"name\":\"X\",\"value\":\"1\"}] | spec.template.spec.containers[0].env",
        "/spec/template/spec/containers/0/resources/limits/cpu | \"1\" | -",
        "/spec/template/spec/containers/0/resources/limits/cpu | \"2\" | spec.template.spec.containers[0].resources.limits.cpu",
        "/spec/template/spec/containers/0/imagePullPolicy | \"Always\" | -",
        "/spec/template/spec/containers/0/image | \"mirror.example/a@sha256:MIRROR\" | -",
        "/spec/template/spec/containers/0/image | \"registry.example/a:latest\" | spec.template.spec.containers[0].image",
        "/spec/template/spec/containers/0/securityContext | {\"privileged\":true} | spec.template.spec.containers[0].securityContext",
      })
  void oneChange(String pointer, String value, String harmful) throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode sent = json.readTree(SENT);
    JsonNode answered = sent.deepCopy();
    int slash = pointer.lastIndexOf('/');
    JsonNode parent = answered.at(pointer.substring(0, slash));
    ((com.fasterxml.jackson.databind.node.ObjectNode) parent)
        .set(pointer.substring(slash + 1), json.readTree(value.replace("MIRROR", "a".repeat(64))));
    Optional<Trees.Difference> harm =
        Admission.harm(Trees.wanted(object(sent)), Trees.wanted(object(answered)));
    assertThat(harm.map(Trees.Difference::path).orElse("-")).isEqualTo(harmful);
  }

  private static com.fasterxml.jackson.databind.node.ObjectNode object(JsonNode node) {
    return (com.fasterxml.jackson.databind.node.ObjectNode) node;
  }
}
