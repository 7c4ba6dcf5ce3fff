package dev.ringfence.input;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * YAML means what it means to kubectl. What kubectl 1.36.3 made of each row is committed; {@code
 * -Dkubectl=PATH} asks it anew ({@code annotate --local}, which needs no cluster).
 */
final class YamlMeaningTest {
  private static final Path GOLDEN = Path.of("src/test/resources/input/kubectl.txt");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FRAME = "apiVersion: v1\nkind: Row\nmetadata: {name: row}\nspec:\n";

  private static final List<String> ROWS =
      List.of(
          "a: [y, Y, yes, Yes, YES, yEs, on, On, ON, true, True, TRUE, tRue]",
          "a: [n, N, no, No, NO, off, Off, OFF, false, False, FALSE]",
          "a: [~, null, Null, NULL, nULL, '', \"~\"]",
          "a:",
          "a: [0x1F, 0X1f, 0xg, 0b101, 0b2, 017, 0o17, 0O17, 019, 08, 00, 0]",
          "a: [1_000, 1__0, _1, 1_, 0x_1, 1_000.5, +1, -1, +-1, - 1]",
          "a: [1e3, 1E3, 1e+3, 1.e3, .5, 5., ., -.5, +.5, 1e400, -1e400, 1e-400, 0.1]",
          "a: [12345678901234567890, 18446744073709551615, 18446744073709551616, -9223372036854775808, -9223372036854775809]",
          "a: [.inf, -.inf]",
          "a: .nan",
          "a: .NaN",
          "a: [.Nan, inf, nan, NaN, Infinity]",
          "a: [2026-01-01, 2026-01-01T00:00:00Z, 2026-1-1, 12:30, 1:30:15, 190:20:30]",
          "a: [1.2.3, 0.32.0, v1, 1.0, 1.10, 60s, 4k, 85%, 48Gi]",
          "a: ['yes', \"no\", '017', \"1e3\", '~', \"\"]",
          "a: [\"\\u0041\", \"\\x41\", \"\\t\", 'it''s', \"a\\\n  b\"]",
          "a: |\n  one\n  two\nb: >\n  one\n  two\nc: |-\n  x\nd: |+\n  x\n\ne: 1",
          "a: one\n  two\n  three",
          "a: x # comment\nb: x#no comment\nc: '#'",
          "a: {b: 1, c: [1, {d: 2}], }",
          "a: [1, 2, ]",
          "? a\n: 1",
          "1: x\n1.5: y\ntrue: z\n017: w",
          "yes: x",
          "~: x",
          "'': x",
          "n: 1\nfalse: 2",
          "a: 1\na: 2",
          "a: {b: 1, b: 2}",
          "a: 1\n\"a\": 2",
          "1: x\n'1': y",
          "a: &x {b: 1}\nc: *x",
          "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}",
          "a: &x {b: 1}\nd: &y {b: 2, c: 3}\ne: {<<: [*x, *y]}",
          "a: &x {b: 1, b: 2}\nd: {<<: *x}",
          "d: {<<: {b: 1}, <<: {c: 2}}",
          "d: {<<: 1}",
          "d: {'<<': 1}",
          "a: *nobody",
          "a: &x [*x]",
          "a: !!str 1",
          "a: !!int \"1\"",
          "a: !!float 1",
          "a: !!bool yes",
          "a: !!null ''",
          "a: !!binary aGk=",
          "a: !!set {b, c}",
          "a: !mine 1",
          "a: !!java.net.URL [x]",
          "a: \"\ud83d\ude00 \u00e9\"",
          "a: x\u2028b: y",
          "a: x\u0085b: y",
          "a: x\u00a0y",
          "a:\tx",
          "\ta: x",
          "a: x\rb: y",
          "a: x\r\nb: y",
          "a: 'x\u0000y'",
          "a: \"\\0\"",
          "a: \u0007",
          "a: b: c",
          "a: [1",
          "a: 'x",
          "a: @x",
          "a: `x`",
          "a: %x",
          "a: -",
          "a: -x",
          "a: --x",
          "a: ?x",
          "a: :x",
          "- a\n- b",
          "just text");

  /** What kubectl says of a row: JSON, or that it cannot be read. */
  private static final String NOT_READ = "not read";

  @Test
  void aRowMeansWhatItMeansToKubectl() throws IOException, InterruptedException {
    String kubectl = System.getProperty("kubectl");
    Map<String, String> committed = kubectl == null ? committed() : Map.of();
    List<String> lines = new ArrayList<>();
    List<String> different = new ArrayList<>();
    for (String row : ROWS) {
      String yaml = FRAME + "  " + row.replace("\n", "\n  ") + "\n";
      String shown = JSON.writeValueAsString(row);
      String theirs = kubectl == null ? committed.getOrDefault(shown, "") : ask(kubectl, yaml);
      String ours = read(yaml);
      boolean same = theirs.equals(ours);
      lines.add("row       " + shown);
      lines.add("kubectl   " + theirs);
      lines.add("ringfence " + (same ? "same" : ours));
      lines.add("");
      // Stricter is right, looser or other is not.
      if (!same && !ours.startsWith(NOT_READ)) {
        different.add(shown + ": kubectl " + theirs + ", ringfence " + ours);
      }
    }
    String text = String.join("\n", lines);
    if (kubectl != null || System.getProperty("goldens.update") != null) {
      Files.writeString(GOLDEN, text);
    }

    assertThat(GOLDEN).hasContent(text);
    assertThat(different).isEmpty();
  }

  private static Map<String, String> committed() throws IOException {
    Map<String, String> committed = new TreeMap<>();
    String row = "";
    for (String line : Files.readAllLines(GOLDEN)) {
      if (line.startsWith("row ")) {
        row = line.substring(10);
      } else if (line.startsWith("kubectl ")) {
        committed.put(row, line.substring(10));
      }
    }
    return committed;
  }

  private static String read(String yaml) throws IOException {
    InputReader.Contents contents =
        new InputReader(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8))).read("-");
    if (!contents.unreadable().isEmpty()) {
      Unreadable u = contents.unreadable().get(0);
      return NOT_READ
          + ", line "
          + (u.line().isPresent() ? u.line().getAsInt() - 4 : "?")
          + ": "
          + u.message();
    }
    return canonical(contents.manifests().get(0).json().path("spec"));
  }

  private static String ask(String kubectl, String yaml) throws IOException, InterruptedException {
    Path file = Files.createTempFile("row", ".yaml");
    try {
      Files.writeString(file, yaml);
      Process process =
          new ProcessBuilder(
                  kubectl, "annotate", "--local", "-f", file.toString(), "-o", "json", "q=r")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      byte[] out = process.getInputStream().readAllBytes();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0
          ? canonical(JSON.readTree(out).path("spec"))
          : NOT_READ;
    } finally {
      Files.delete(file);
    }
  }

  /** Sorted keys; numbers as the doubles that kubectl prints. */
  private static String canonical(JsonNode json) throws IOException {
    return JSON.writeValueAsString(plain(json)).replace("\u2028", "\\u2028");
  }

  private static Object plain(JsonNode json) {
    if (json instanceof ObjectNode o) {
      Map<String, Object> sorted = new TreeMap<>();
      o.properties().forEach(e -> sorted.put(e.getKey(), plain(e.getValue())));
      return sorted;
    }
    if (json.isArray()) {
      List<Object> items = new ArrayList<>();
      json.forEach(item -> items.add(plain(item)));
      return items;
    }
    return json.isNumber() ? (Object) json.doubleValue() : json;
  }
}
