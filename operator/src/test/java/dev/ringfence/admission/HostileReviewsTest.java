package dev.ringfence.admission;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.admission.Samples.Cluster;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Reviews that nobody should send, from seeds, so that a failure can be had again. */
final class HostileReviewsTest {
  private static final int TREES = 3000;
  private static final int BYTES = 2000;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final Reviewer REVIEWER =
      new Reviewer(Cluster.usual().with(Samples.workload()), () -> Samples.NOW);

  private static final List<Supplier<JsonNode>> VALUES =
      List.of(
          JSON::nullNode,
          JSON::arrayNode,
          JSON::objectNode,
          () -> JSON.booleanNode(true),
          () -> JSON.numberNode(-1),
          () -> JSON.numberNode(0),
          () -> JSON.numberNode(Long.MAX_VALUE),
          () -> JSON.numberNode(new BigInteger("9".repeat(300))),
          () -> JSON.numberNode(new BigDecimal("1e-300")),
          () -> JSON.numberNode(new BigDecimal("1E300")),
          () -> JSON.numberNode(0.1 + 0.2),
          () -> JSON.textNode(""),
          () -> JSON.textNode("a".repeat(100_000)),
          () -> JSON.textNode("\ud800"),
          () -> JSON.textNode("\u0000\n\u202e"),
          () -> JSON.textNode("$(id)"),
          () -> JSON.textNode("--config=/etc/passwd"),
          () -> JSON.textNode("hf_abcdefghijklmnopqrstuvwxyzabcdefgh"),
          () -> JSON.textNode("(a+)+$"),
          () -> JSON.textNode("9999999999999999999999999Ei"),
          () -> JSON.textNode("2026-02-30T25:61:00Z"),
          () -> nested(150),
          () -> {
            ArrayNode many = JSON.arrayNode();
            for (int i = 0; i < 2000; i++) {
              many.addObject().put("name", "t" + i);
            }
            return many;
          });

  private static JsonNode nested(int depth) {
    ObjectNode root = JSON.objectNode();
    ObjectNode at = root;
    for (int i = 0; i < depth; i++) {
      at = at.putObject("matchLabels");
    }
    return root;
  }

  private static List<ObjectNode> seeds() {
    List<ObjectNode> seeds = new ArrayList<>();
    seed(seeds, "vllmdeployments", Samples.workload());
    seed(seeds, "trustedmodels", Samples.model());
    seed(seeds, "vllmpolicies", Samples.policy());
    return seeds;
  }

  private static void seed(List<ObjectNode> seeds, String resource, ObjectNode object) {
    seeds.add(Samples.review(resource, "CREATE", Optional.of(object), Optional.empty()));
    seeds.add(Samples.review(resource, "UPDATE", Optional.of(object), Optional.of(object)));
    seeds.add(Samples.review(resource, "DELETE", Optional.empty(), Optional.of(object)));
  }

  @Test
  void everyChangedTreeGetsAnAnswer() {
    List<ObjectNode> seeds = seeds();
    int refused = 0;
    for (int i = 0; i < TREES; i++) {
      Random random = new Random(i);
      ObjectNode review = seeds.get(i % seeds.size()).deepCopy();
      for (int n = random.nextInt(3); n >= 0; n--) {
        change(review, random);
      }
      refused += answered(ReviewerTest.bytes(review), "tree " + i) ? 0 : 1;
    }
    assertThat(refused).as("most of them break something").isGreaterThan(TREES / 4);
  }

  @Test
  void allChangedBytesGetAnAnswer() {
    List<ObjectNode> seeds = seeds();
    for (int i = 0; i < BYTES; i++) {
      Random random = new Random(i);
      byte[] body = ReviewerTest.bytes(seeds.get(i % seeds.size()));
      for (int n = random.nextInt(8); n >= 0; n--) {
        body[random.nextInt(body.length)] = (byte) random.nextInt(256);
      }
      answered(body, "bytes " + i);
    }
  }

  /** Whether it was allowed. */
  private static boolean answered(byte[] body, String which) {
    Reviewer.Answer answer = REVIEWER.answer(body);
    // The uid is the API server's own and is given back as it came.
    String text = answer.body().replaceFirst("\"uid\":\"[^\"]*\"", "");
    assertThat(answer.result()).as(which).isNotEqualTo("fault");
    assertThat(text).as(which).doesNotContain("Exception").doesNotContain("hf_abcdef");
    JsonNode response = ReviewerTest.json(answer).path("response");
    if (answer.status() == 400) {
      return false;
    }
    assertThat(answer.status()).as(which).isEqualTo(200);
    assertThat(response.path("allowed").isBoolean()).as(which).isTrue();
    return response.path("allowed").asBoolean();
  }

  /** Walks down to some field or item, and puts something else there. */
  private static void change(ObjectNode review, Random random) {
    JsonNode at = review.path("request");
    if (random.nextInt(10) > 0 && at.path("object").isObject()) {
      at = at.path("object");
    }
    while (true) {
      List<String> names = new ArrayList<>();
      at.fieldNames().forEachRemaining(names::add);
      JsonNode next =
          at.isEmpty()
              ? JSON.missingNode()
              : at.isArray()
                  ? at.get(random.nextInt(at.size()))
                  : at.get(names.get(random.nextInt(names.size())));
      if (next.isContainerNode() && !next.isEmpty() && random.nextInt(4) > 0) {
        at = next;
        continue;
      }
      JsonNode value = VALUES.get(random.nextInt(VALUES.size())).get();
      if (at instanceof ArrayNode list) {
        if (list.isEmpty() || random.nextBoolean()) {
          list.add(value);
        } else {
          list.set(random.nextInt(list.size()), value);
        }
      } else if (at instanceof ObjectNode map) {
        if (names.isEmpty() || random.nextInt(5) == 0) {
          map.set(
              random.nextBoolean() ? "new" : "\ud800hf_abcdefghijklmnopqrstuvwxyzabcdefgh", value);
        } else {
          map.set(names.get(random.nextInt(names.size())), value);
        }
      }
      return;
    }
  }
}
