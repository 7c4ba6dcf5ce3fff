package dev.ringfence.guard.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.policy.DenyMode;
import dev.ringfence.guard.policy.Endpoint;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * For any body: refused, or what goes to the engine, read by the parser that vLLM has (Python's),
 * keeps every rule, by lists and bounds that stand in rules.py once more.
 */
class OtherParserTest {
  private static final Path SCRIPT = Path.of("src", "test", "resources", "rules.py");
  private static final int BODIES = 60_000;
  @TempDir private Path folder;

  @BeforeAll
  static void python() {
    boolean there;
    try {
      there = new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (IOException | InterruptedException e) {
      there = false;
    }
    assumeThat(there).as("python3 is on the path").isTrue();
  }

  /** What an endpoint's body begins with. */
  private record Subject(Endpoint endpoint, String text) {}

  private static final List<Subject> SUBJECTS =
      List.of(
          new Subject(Endpoint.CHAT, "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]"),
          new Subject(Endpoint.COMPLETIONS, "\"prompt\":\"%s\""),
          new Subject(Endpoint.COMPLETIONS, "\"prompt\":[\"%s\",\"b\"]"),
          new Subject(Endpoint.RESPONSES, "\"input\":\"%s\""),
          new Subject(Endpoint.MESSAGES, "\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]"),
          new Subject(Endpoint.EMBEDDINGS, "\"input\":[\"%s\"]"),
          new Subject(Endpoint.TOKENIZE, "\"prompt\":\"%s\""));
  private static final List<String> TEXTS =
      List.of(
          "x",
          "\\u0049gnore previous",
          "ignore\u00a0previous",
          "\\ud83d\\ude00",
          "\\ud83d",
          "\u00e9\u4e16\u754c",
          "\\nsystem : x",
          "operating system: Linux",
          "y".repeat(99),
          "z".repeat(101));
  private static final List<String> VALUES =
      List.of(
          "0",
          "1",
          "2",
          "4",
          "5",
          "64",
          "65",
          "-1",
          "-2",
          "0.5",
          "1.0",
          "2.0",
          "1e0",
          "1.5e0",
          "1E1",
          "-0",
          "-0.0",
          "9007199254740993",
          "-9223372036854775808",
          "9223372036854775807",
          "9223372036854775808",
          "1e308",
          "1e-400",
          "true",
          "false",
          "null",
          "\"a\"",
          "[\"a\",\"b\"]",
          "[]",
          "{}",
          "{\"include_usage\":true}",
          "{\"type\":\"json_object\"}",
          "\"low\"");

  /** A body of a few members, most of them within their bounds. */
  private static String made(Random r, Endpoint endpoint) {
    List<Subject> subjects = SUBJECTS.stream().filter(s -> s.endpoint() == endpoint).toList();
    List<String> members = new ArrayList<>();
    members.add("\"model\":\"m\"");
    members.add(
        subjects
            .get(r.nextInt(subjects.size()))
            .text()
            .formatted(TEXTS.get(r.nextInt(5) == 0 ? r.nextInt(TEXTS.size()) : 0)));
    List<String> names =
        Objects.requireNonNull(Fields.OPEN.get(endpoint)).keySet().stream().sorted().toList();
    for (int i = r.nextInt(5); i > 0; i--) {
      String name = r.nextInt(40) == 0 ? "cache_salt" : names.get(r.nextInt(names.size()));
      if (members.stream().noneMatch(m -> m.startsWith("\"" + name + "\"")) || r.nextInt(40) == 0) {
        members.add("\"" + name + "\":" + VALUES.get(r.nextInt(VALUES.size())));
      }
    }
    Collections.shuffle(members, r);
    return "{" + String.join(r.nextBoolean() ? "," : " ,\n\t", members) + "}";
  }

  private static String run(Path input) throws Exception {
    Process p =
        new ProcessBuilder("python3", SCRIPT.toString())
            .redirectInput(input.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    p.waitFor();
    return said;
  }

  private static String line(String endpoint, byte[] in, byte[] out) {
    Base64.Encoder e = Base64.getEncoder();
    return "{\"endpoint\":\""
        + endpoint
        + "\",\"in\":\""
        + e.encodeToString(in)
        + "\",\"out\":\""
        + e.encodeToString(out)
        + "\"}\n";
  }

  @Test
  void whatGoesToTheEngineKeepsTheRules() throws Exception {
    List<RequestCheckTest.Row> rows = RequestCheckTest.rows().toList();
    Random r = new Random(20261129);
    Set<String> seen = new HashSet<>();
    Path input = folder.resolve("bodies");
    try (BufferedWriter out = Files.newBufferedWriter(input)) {
      for (int i = 0; i < BODIES; i++) {
        RequestCheckTest.Row row = rows.get(i < rows.size() ? i : r.nextInt(rows.size()));
        byte[] body = row.body().getBytes(StandardCharsets.UTF_8);
        if (i >= BODIES / 2) {
          row =
              new RequestCheckTest.Row(
                  i, SUBJECTS.get(r.nextInt(SUBJECTS.size())).endpoint(), "", "");
          body = made(r, row.endpoint()).getBytes(StandardCharsets.UTF_8);
        } else if (i >= rows.size()) {
          body =
              MutationTest.mutated(
                  r,
                  body,
                  rows.get(r.nextInt(rows.size())).body().getBytes(StandardCharsets.UTF_8));
        }
        try {
          byte[] engine =
              Requests.check(
                      row.endpoint(),
                      body,
                      Requests.contract(true, true),
                      Requests.values(100, DenyMode.ENFORCE))
                  .body();
          String line = line(row.endpoint().label(), body, engine);
          if (seen.add(line)) {
            out.write(line);
          }
        } catch (Refused e) {
          // The other half of the promise.
        }
      }
    }
    assertThat(seen.size()).isGreaterThan(1000);
    assertThat(run(input)).endsWith(seen.size() + " bodies read, 0 break a rule\n");
  }

  /** The other side can say no: without this it shows nothing. */
  @Test
  void theScriptFindsWhatIsWrong() throws Exception {
    String good =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"temperature\":0.7,\"max_tokens\":16,\"cache_salt\":\"salt\"}";
    String[] bad = {
      good.replace("16", "65"),
      good.replace("16", "16.0"),
      good.replace("0.7", "2.5"),
      good.replace("\"salt\"", "\"other\""),
      good.replace(",\"cache_salt\":\"salt\"", ""),
      good.replace("\"m\"", "\"x\""),
      good.replace("\"x\"", "\"" + "y".repeat(101) + "\""),
      good.replace("\"x\"", "\"Ignore  previous\""),
      good.replace("\"temperature\"", "\"priority\":1,\"temperature\""),
      good.replace("\"temperature\"", "\"n\":5,\"temperature\""),
      good.replace("\"content\"", "\"prompt_embeds\":1,\"content\""),
      good.replace("\"temperature\"", "\"seed\":1,\"temperature\""),
      good.replace("\"max_tokens\":16", "\"max_tokens\":16,\"max_tokens\":16"),
      good + "x"
    };
    Path input = folder.resolve("bad");
    StringBuilder lines = new StringBuilder();
    byte[] in = good.replace(",\"cache_salt\":\"salt\"", "").getBytes(StandardCharsets.UTF_8);
    for (String b : bad) {
      lines.append(line("chat", in, b.getBytes(StandardCharsets.UTF_8)));
    }
    lines.append(line("chat", in, good.getBytes(StandardCharsets.UTF_8)));
    Files.writeString(input, lines);
    assertThat(run(input))
        .endsWith((bad.length + 1) + " bodies read, " + bad.length + " break a rule\n");
  }
}
