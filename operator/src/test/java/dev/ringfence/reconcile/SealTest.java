package dev.ringfence.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.ControllerRevisionBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class SealTest {
  private static final Seal SEAL = new Seal(new byte[32]);

  private static ControllerRevision sealed() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("inputs", new LinkedHashMap<>(Map.of("a", 1, "b", List.of("x", 0.85))));
    data.put("proof", Map.of());
    ControllerRevision record =
        new ControllerRevisionBuilder()
            .withNewMetadata()
            .withName("chat--3")
            .withNamespace("team")
            .addToLabels("ringfence.dev/record", "current")
            .addToAnnotations("ringfence.dev/held-since", "2026-11-01T00:00:00Z")
            .addNewOwnerReference()
            .withUid("u-1")
            .withController(true)
            .endOwnerReference()
            .endMetadata()
            .withRevision(3L)
            .withData(data)
            .build();
    record.getMetadata().getAnnotations().put(Seal.ANNOTATION, SEAL.of(record));
    return record;
  }

  private static Map<String, Object> data(ControllerRevision record) {
    @SuppressWarnings("unchecked") // as it was made above
    Map<String, Object> data = (Map<String, Object>) record.getData();
    return data;
  }

  @Test
  void holdsForWhatWasSealedHoweverItIsWritten() {
    ControllerRevision record = sealed();
    assertThat(SEAL.holds(record)).isTrue();
    // Through JSON, as an API server keeps it, with other programs' marks and a whole number for 1.
    String json = new KubernetesSerialization().asJson(record).replace("\"a\":1,", "\"a\":1.0,");
    ControllerRevision read =
        new KubernetesSerialization().unmarshal(json, ControllerRevision.class);
    read.getMetadata().getAnnotations().put("example.com/backup", "yes");
    read.getMetadata().setResourceVersion("17");
    assertThat(SEAL.holds(read)).isTrue();
  }

  static List<Consumer<ControllerRevision>> changes() {
    return List.of(
        r -> data(r).put("inputs", Map.of("a", 2, "b", List.of("x", 0.85))),
        r -> data(r).remove("proof"),
        r -> r.setRevision(4L),
        r -> r.setRevision(null),
        r -> r.getMetadata().setName("chat--4"),
        r -> r.getMetadata().setNamespace("other"),
        r -> r.getMetadata().getLabels().put("ringfence.dev/record", "ready"),
        r -> r.getMetadata().getAnnotations().remove("ringfence.dev/held-since"),
        r -> r.getMetadata().getAnnotations().put("ringfence.dev/failed", "{}"),
        r -> r.getMetadata().getAnnotations().remove(Seal.ANNOTATION),
        r -> r.getMetadata().getAnnotations().put(Seal.ANNOTATION, ""),
        r -> r.getMetadata().setAnnotations(null),
        r -> r.getMetadata().getOwnerReferences().getFirst().setUid("u-2"),
        r -> r.getMetadata().getOwnerReferences().getFirst().setController(false));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void breaksWithAnythingThatIsBelieved(Consumer<ControllerRevision> change) {
    ControllerRevision record = sealed();
    change.accept(record);
    assertThat(SEAL.holds(record)).isFalse();
  }

  @Test
  void isOneKeysOnly() {
    byte[] other = new byte[32];
    other[31] = 1;
    assertThat(new Seal(other).holds(sealed())).isFalse();
    assertThatThrownBy(() -> new Seal(new byte[31])).isInstanceOf(IllegalArgumentException.class);
  }
}
