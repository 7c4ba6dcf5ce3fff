package dev.ringfence.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.ringfence.input.Lines;
import dev.ringfence.input.Manifest;
import dev.ringfence.validate.Batch;
import dev.ringfence.validate.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Odd values in every field of every kind: nothing throws, and what is said has the form that is
 * promised. The objects with every field are those that the API server's tests use.
 */
final class HostileTest {
  private static final JsonNodeFactory F = JsonNodeFactory.instance;
  private static final Path EVERYTHING =
      Path.of("../e2e/src/test/resources/dev/ringfence/e2e/crd/everything.yaml");

  private static final List<ObjectNode> OBJECTS = objects();

  private static final List<String> CREDENTIALS =
      List.of(
          "hf_abcdefghijklmnopqrstuvwxyzABCDEF",
          "sk-proj-abcdefghijklmnopqrstuvwxyz",
          "AKIAIOSFODNN7EXAMPLE",
          "ASIAIOSFODNN7EXAMPLE",
          "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
          "gho_abcdefghijklmnopqrstuvwxyz0123456789",
          "github_pat_11ABCDEFG0abcdefghijklmnop",
          "glpat-abcdefghijklmnopqrst",
          "nvapi-abcdefghijklmnopqrstuvwxyz",
          "xoxb-123456789012-abcdefghijkl",
          "xoxp-123456789012-abcdefghijkl",
          "AIzaSyA1234567890abcdefghijklmnopqrstuv",
          "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
          "-----BEGIN EC PRIVATE KEY-----",
          "Bearer abcdef0123456789abcdef",
          "https://ann:s3cretpassword@example.com/");

  private static final Map<String, JsonNode> ODD = odd();

  /** Path, kind, then a value where the kind shows one, rule, what must be; what to do. */
  private static final Pattern FORM =
      Pattern.compile(
          "(?<path>[!-~][ -~]*?): (?:"
              + "(?:Required value|Duplicate value|Too many|Forbidden)"
              + "|(?:Invalid value|Unsupported value)(?:: (?<value>\"(?:[^\"\\\\]|\\\\.)*\\.{0,3}\"|<redacted>|[-+0-9.E]{1,63}|-?Infinity|NaN|true|false|null))?"
              + "): VLLM-[0-9]{3} must [ -~]+; [ -~]*[^.; ]");

  private static Map<String, JsonNode> odd() {
    Map<String, JsonNode> odd = new LinkedHashMap<>();
    odd.put("null", NullNode.getInstance());
    odd.put("true", BooleanNode.TRUE);
    odd.put("false", BooleanNode.FALSE);
    odd.put("0", IntNode.valueOf(0));
    odd.put("-1", IntNode.valueOf(-1));
    odd.put("1", IntNode.valueOf(1));
    odd.put("1.5", DecimalNode.valueOf(new BigDecimal("1.5")));
    odd.put("1e400", DecimalNode.valueOf(new BigDecimal("1e400")));
    odd.put("-1e-400", DecimalNode.valueOf(new BigDecimal("-1e-400")));
    odd.put("1e999999999", DecimalNode.valueOf(new BigDecimal("1e999999999")));
    odd.put("400 digits", BigIntegerNode.valueOf(BigInteger.TEN.pow(400)));
    odd.put("2^63", BigIntegerNode.valueOf(BigInteger.TWO.pow(63)));
    odd.put("NaN", DoubleNode.valueOf(Double.NaN));
    odd.put("infinity", DoubleNode.valueOf(Double.NEGATIVE_INFINITY));
    odd.put("empty list", F.arrayNode());
    odd.put("list of null", F.arrayNode().addNull());
    odd.put("list of odd things", F.arrayNode().add(1).add("x").addNull().add(F.objectNode()));
    ArrayNode many = F.arrayNode();
    IntStream.range(0, 3000).forEach(i -> many.add("item" + i));
    odd.put("3000 items", many);
    odd.put("empty object", F.objectNode());
    ObjectNode wide = F.objectNode();
    IntStream.range(0, 3000).forEach(i -> wide.put("field" + i, i));
    odd.put("3000 fields", wide);
    odd.put("odd keys", F.objectNode().put("", 1).put("a.b[0]", 2).put("\n\u202e", 3));
    JsonNode deep = F.textNode("x");
    for (int i = 0; i < 90; i++) {
      deep = i % 2 == 0 ? F.arrayNode().add(deep) : F.objectNode().set("a", deep);
    }
    odd.put("90 levels", deep);
    for (String text :
        List.of(
            "",
            " ",
            "NaN",
            "null",
            "0x10",
            "1e400",
            "$(X)",
            "${X}",
            "`id`",
            "-",
            "--",
            "../..",
            "a\nb",
            "\u0000",
            "\u001b[31mred",
            "\u2028",
            "\u202egnp.exe",
            "\ud83d\ude00",
            "\ud83d",
            "\u0430cme",
            "a:b",
            "a=b",
            "\"quoted\\",
            "%2e%2e",
            "x".repeat(61),
            "\u00e9".repeat(61))) {
      odd.put("text " + Shown.quote(text), TextNode.valueOf(text));
    }
    odd.put("2 KB", TextNode.valueOf("a".repeat(1 << 11)));
    odd.put("2 KB of dots", TextNode.valueOf("a.".repeat(1 << 10)));
    odd.put("2 KB of dashes", TextNode.valueOf("a-".repeat(1 << 10)));
    odd.put("2 KB of slashes", TextNode.valueOf("a/".repeat(1 << 10)));
    odd.put("2 KB of near tokens", TextNode.valueOf("-eyJ".repeat(1 << 9)));
    odd.put("2 KB of near addresses", TextNode.valueOf("a://b:c".repeat(1 << 8)));
    CREDENTIALS.forEach(c -> odd.put("a credential " + c.length(), TextNode.valueOf("x " + c)));
    CREDENTIALS.forEach(c -> odd.put("a key " + c.length(), F.objectNode().put(c, true)));
    return odd;
  }

  private static List<ObjectNode> objects() {
    try {
      return Example.read(Files.readString(EVERYTHING)).stream()
          .map(m -> (ObjectNode) m.json())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every place of every object, by its path. */
  static Stream<Object[]> places() {
    List<Object[]> places = new ArrayList<>();
    for (ObjectNode object : OBJECTS) {
      String kind = object.path("kind").asText();
      object.fieldNames().forEachRemaining(f -> walk(object, kind, List.of(f), places));
    }
    return places.stream();
  }

  private static void walk(
      ObjectNode object, String kind, List<Object> path, List<Object[]> places) {
    places.add(new Object[] {kind, path});
    JsonNode at = at(object, path);
    if (at.isObject()) {
      at.fieldNames().forEachRemaining(f -> walk(object, kind, with(path, f), places));
    } else if (at.isArray() && !at.isEmpty()) {
      walk(object, kind, with(path, 0), places);
    }
  }

  private static List<Object> with(List<Object> path, Object step) {
    List<Object> longer = new ArrayList<>(path);
    longer.add(step);
    return longer;
  }

  private static JsonNode at(JsonNode object, List<Object> path) {
    JsonNode at = object;
    for (Object step : path) {
      at = step instanceof Integer i ? at.path(i) : at.path((String) step);
    }
    return at;
  }

  @ParameterizedTest
  @MethodSource("places")
  void anOddValueIsJudgedInOneLineEach(String kind, List<Object> path) {
    ODD.forEach(
        (name, value) ->
            judge(
                kind,
                object -> {
                  JsonNode parent = at(object, path.subList(0, path.size() - 1));
                  Object last = path.get(path.size() - 1);
                  if (last instanceof Integer i) {
                    ((ArrayNode) parent).set(i, value);
                  } else {
                    ((ObjectNode) parent).set((String) last, value);
                  }
                },
                path + " = " + name));
  }

  @ParameterizedTest
  @MethodSource("places")
  void anUnknownFieldIsRefusedAndNeverShownWithItsValue(String kind, List<Object> path) {
    judge(
        kind,
        object -> {
          if (at(object, path) instanceof ObjectNode here) {
            here.put("unknown \u202e\n" + "x".repeat(100), CREDENTIALS.get(0));
            here.put(CREDENTIALS.get(1), "x");
          }
        },
        path + " with unknown fields");
  }

  /** Each takes a moment; a pattern that backtracks would take hours. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "a.", "a-", "a/", "-eyJ", "a://b:c", "Bearer ", "-----BEGIN ", " "})
  void aMegabyteOfItInTheMostJudgedFieldsIsJudged(String part) {
    TextNode value = TextNode.valueOf(part.repeat((1 << 20) / part.length()));
    judge(
        "VLLMDeployment",
        object -> {
          ObjectNode engine = (ObjectNode) object.path("spec").path("engine");
          engine.set("image", value);
          engine.set("extraArgs", F.arrayNode().add(value));
          ((ObjectNode) object.path("metadata")).set("name", value);
          ((ObjectNode) object.path("spec").path("model")).set("ref", value);
        },
        "a megabyte of " + part);
    judge(
        "TrustedModel",
        object -> {
          ObjectNode hub = (ObjectNode) object.path("spec").path("source").path("huggingFace");
          hub.set("repository", value);
          hub.set("endpoint", value);
          ((ObjectNode) object.path("spec").path("files").path(0)).set("path", value);
        },
        "a megabyte of " + part);
    judge(
        "VLLMPolicy",
        object -> {
          ((ObjectNode) object.path("spec")).set("denyPatterns", F.arrayNode().add(value));
          ((ObjectNode) object.path("spec").path("fetch"))
              .set("egressCidrs", F.arrayNode().add(value));
        },
        "a megabyte of " + part);
  }

  private static void judge(String kind, Consumer<ObjectNode> change, String what) {
    List<Manifest> manifests = new ArrayList<>();
    for (ObjectNode original : OBJECTS) {
      ObjectNode object = original.deepCopy();
      if (object.path("kind").asText().equals(kind)) {
        change.accept(object);
      }
      manifests.add(new Manifest("-", 1, object, Lines.NONE));
    }
    List<Violation> violations =
        Batch.judge(manifests, Example.KNOWLEDGE, Example.NOW).stream()
            .map(Finding::violations)
            .flatMap(Collection::stream)
            .toList();
    for (Violation v : violations) {
      String line = v.message();
      var form = FORM.matcher(line);
      assertThat(form.matches()).as("%s gives: %s", what, line).isTrue();
      String value = form.group("value");
      assertThat(value == null ? 0 : value.length())
          .as("%s gives a long value: %s", what, line)
          .isLessThanOrEqualTo(65);
      assertThat(line.length()).as("%s gives a long line: %s", what, line).isLessThan(900);
      assertThat(CREDENTIALS.stream().filter(line::contains))
          .as("%s shows a credential: %s", what, line)
          .isEmpty();
    }
  }
}
