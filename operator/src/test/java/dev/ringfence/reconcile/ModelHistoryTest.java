package dev.ringfence.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.resources.RawModel;
import dev.ringfence.rules.Violation;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class ModelHistoryTest {
  private static final Instant MADE = Instant.parse("2026-06-01T00:00:00Z");
  private final ModelHistory history = new ModelHistory();

  private static RawModel model(String uid, String version, Consumer<ObjectNode> change) {
    RawModel model = new RawModel();
    model.getMetadata().setName("mistral");
    model.getMetadata().setUid(uid);
    model.getMetadata().setResourceVersion(version);
    model.getMetadata().setCreationTimestamp(MADE.toString());
    try {
      ObjectNode spec =
          (ObjectNode)
              new ObjectMapper()
                  .readTree(
                      "{\"source\":{\"image\":{\"reference\":\"r/x@sha256:a\"}},\"files\":[{\"path\":\"config.json\",\"size\":1,\"sha256\":\"b\"}]}");
      change.accept(spec);
      model.putSpec(spec);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return model;
  }

  private static void otherFiles(ObjectNode spec) {
    ((ObjectNode) spec.path("files").get(0)).put("sha256", "c");
  }

  private static void revoked(ObjectNode spec) {
    spec.putObject("revoked").put("reason", "poisoned");
  }

  @Test
  void otherBytesAreAFaultUntilTheyArePutBack() {
    assertThat(history.faults(model("u", "1", s -> {}))).isEmpty();
    for (int again = 0; again < 2; again++) {
      assertThat(history.faults(model("u", "2", ModelHistoryTest::otherFiles)))
          .extracting(Violation::path)
          .containsExactly("spec.files");
    }
    assertThat(history.faults(model("u", "3", s -> {}))).isEmpty();
  }

  @Test
  void aRevocationStays() {
    assertThat(history.faults(model("u", "1", s -> {}))).isEmpty();
    assertThat(history.faults(model("u", "2", ModelHistoryTest::revoked))).isEmpty();
    assertThat(history.faults(model("u", "3", s -> {})))
        .extracting(Violation::path)
        .containsExactly("spec.revoked");
  }

  @Test
  void anObjectThatWasMadeAnewIsAnother() {
    assertThat(history.faults(model("u", "1", s -> {}))).isEmpty();
    assertThat(history.faults(model("v", "2", ModelHistoryTest::otherFiles))).isEmpty();
  }

  private static Inputs acceptedWith(RawModel model, Instant at) {
    return new Inputs(
        model.tree(),
        1,
        Optional.empty(),
        0,
        Optional.of(model.tree()),
        Map.of(),
        Map.of(),
        Optional.empty(),
        "guard",
        at);
  }

  @Test
  void aRecordKnowsWhatWasChangedWhileTheOperatorWasDown() {
    Inputs accepted = acceptedWith(model("u", "1", s -> {}), MADE.plusSeconds(60));
    assertThat(ModelHistory.changedSince(accepted, model("u", "1", s -> {}))).isFalse();
    assertThat(ModelHistory.changedSince(accepted, model("u", "2", ModelHistoryTest::revoked)))
        .as("revoking is lawful")
        .isFalse();
    assertThat(ModelHistory.changedSince(accepted, model("u", "2", ModelHistoryTest::otherFiles)))
        .isTrue();

    Inputs older = acceptedWith(model("u", "1", s -> {}), MADE.minusSeconds(60));
    assertThat(ModelHistory.changedSince(older, model("v", "2", ModelHistoryTest::otherFiles)))
        .as("the object is younger than what was accepted")
        .isFalse();
  }
}
