package dev.ringfence.e2e.admission;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a person reads: the real kubectl against a real API server with the webhook, kept word for
 * word under {@code docs/transcripts}. {@code -Dgoldens.update} writes them anew.
 */
final class TranscriptsIT {
  private static final Path DOCS = Path.of("../docs/transcripts");
  private static final boolean UPDATE = System.getProperty("goldens.update") != null;
  private static final int EACH = 2;

  @TempDir private static @Nullable Path folder;
  private static @Nullable GivenWebhook webhook;

  @BeforeAll
  static void start() throws IOException {
    webhook = GivenWebhook.start();
  }

  @AfterAll
  static void stop() {
    if (webhook != null) {
      webhook.close();
    }
  }

  /**
   * A session.
   *
   * @param name of the file
   * @param why one line
   * @param shown the YAML as the reader sees it
   * @param applied the whole object
   */
  record Case(
      String name,
      String title,
      String why,
      String shown,
      String applied,
      List<ObjectNode> beside,
      List<String> command) {}

  /** Two of each rule, the short ones first. */
  private static List<Case> examples() {
    Map<String, List<Case>> byRule = new TreeMap<>();
    for (RuleExample example : RuleExample.all()) {
      List<RuleExample.Written> written = example.written();
      if (!example.rejected()
          || example.update()
          || written.size() != 1
          || !written.get(0).object().path("metadata").hasNonNull("name")) {
        continue;
      }
      List<Case> cases = byRule.computeIfAbsent(example.rule(), r -> new ArrayList<>());
      if (cases.size() < EACH) {
        String what = example.file().getFileName().toString().replaceAll("^rejected-|\\.yaml$", "");
        cases.add(
            new Case(
                example.rule() + "-" + what,
                example.rule() + ": " + what.replace('-', ' '),
                example.why(),
                example.body(),
                RuleExample.yaml(written.get(0).object()),
                written.get(0).beside(),
                List.of("apply", "-f", "object.yaml")));
      }
    }
    return byRule.values().stream().flatMap(List::stream).toList();
  }

  /** What no single rule's example shows. */
  private static List<Case> others() throws IOException {
    Map<String, String> changes = new LinkedHashMap<>();
    changes.put(
        "several-at-once|Nine faults in one answer",
        "spec: {engine: {gpuMemoryUtilization: 0.94, maxModelLen: 32768, maxNumBatchedTokens:"
            + " 16384, maxNumSeqs: 512}, api: {maxPromptCharacters: 65536, denyPatterns: {mode:"
            + " Audit}}, model: {ref: nobody}, scheduling: {priorityClassName: high,"
            + " runtimeClassName: gvisor}}");
    changes.put(
        "several-in-the-definition|Several faults that the definition finds, with the operator down"
            + " too",
        "spec: {engine: {enablePrefixCaching: true, enableLogRequests: true, trustRemoteCode: true,"
            + " swapSpace: 4, loadFormat: pt}}");
    changes.put(
        "unicode|Letters that look like others",
        "spec: {engine: {extraArgs: [\"\u2014\u2014max-logprobs=5\", \"--max-l\u043egprobs=5\"]}}");
    changes.put(
        "unicode-name|A name outside ASCII", "spec: {model: {servedNames: [\"caf\u00e9\"]}}");
    changes.put(
        "very-long|A value of 20,000 characters",
        "spec: {engine: {extraArgs: [\"--" + "x".repeat(20_000) + "\"]}}");
    changes.put(
        "long-name|A name beyond its length", "spec: {model: {ref: " + "m".repeat(200) + "}}");
    changes.put("quantity|A quantity that is none", "spec: {resources: {memory: 48 GiB}}");
    changes.put("quantity-negative|A negative quantity", "spec: {resources: {cpu: \"-1\"}}");
    changes.put("wrong-type|A text for a number", "spec: {engine: {maxModelLen: \"4096\"}}");
    changes.put("wrong-type-list|A map for a list", "spec: {tenants: {acme: {}}}");
    changes.put("too-large-number|A number beyond all types", "spec: {drainSeconds: 5000000000}");
    changes.put(
        "unknown-fields|Fields that people bring from elsewhere",
        "spec: {hostNetwork: true, containers: [], engine: {args: [--trust-remote-code]}}");
    changes.put(
        "credential|A token written down",
        "spec: {engine: {extraArgs: [\"--seed=hf_abcdefghijklmnopqrstuvwxyzABCDEFGH\"]}}");
    List<Case> cases = new ArrayList<>();
    ObjectNode base = requireNonNull(RuleExample.base().get("VLLMDeployment/chat"));
    for (Map.Entry<String, String> change : changes.entrySet()) {
      String[] title = change.getKey().split("\\|", 2);
      ObjectNode object = base.deepCopy();
      merge(object, (ObjectNode) Installed.YAML.readTree(change.getValue()));
      String shown = change.getValue();
      cases.add(
          new Case(
              title[0],
              title[1],
              "",
              (shown.length() > 500 ? shown.substring(0, 60) + "... (20,000 characters)" : shown)
                  + "\n",
              RuleExample.yaml(object),
              GivenWebhook.base(),
              List.of("apply", "-f", "object.yaml")));
    }
    return cases;
  }

  private static void merge(ObjectNode into, ObjectNode change) {
    change
        .properties()
        .forEach(
            e -> {
              if (e.getValue() instanceof ObjectNode inner
                  && into.get(e.getKey()) instanceof ObjectNode there) {
                merge(there, inner);
              } else {
                into.set(e.getKey(), e.getValue());
              }
            });
  }

  @Test
  void kubectlPrintsThis() throws IOException {
    GivenWebhook there = requireNonNull(webhook);
    Path work = requireNonNull(folder);
    Kubectl kubectl = Kubectl.admin(there.plane(), work);
    List<Case> cases = new ArrayList<>(examples());
    cases.addAll(others());
    assertThat(cases).hasSizeGreaterThan(40);
    TreeMap<String, String> pages = new TreeMap<>();
    for (Case c : cases) {
      there.facts().are(c.beside());
      Files.writeString(work.resolve("object.yaml"), c.applied());
      Kubectl.Answer answer = kubectl.run(c.command().toArray(String[]::new));
      assertThat(answer.code()).as("%s: %s", c.name(), answer.text()).isEqualTo(1);
      pages.put(c.name() + ".md", page(c, answer));
    }
    pages.put("in-use.md", inUse(there, kubectl, work));
    pages.put("README.md", index(cases));
    if (UPDATE) {
      write(pages);
    }
    Map<String, String> kept = new TreeMap<>();
    for (String name : names()) {
      kept.put(name, Files.readString(DOCS.resolve(name)));
    }
    assertThat(pages.keySet()).as("run with -Dgoldens.update").isEqualTo(kept.keySet());
    pages.forEach((name, page) -> assertThat(page).as(name).isEqualTo(kept.get(name)));
  }

  private static Set<String> names() throws IOException {
    try (Stream<Path> files = Files.list(DOCS)) {
      return files
          .filter(Files::isRegularFile)
          .map(f -> f.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private static void write(Map<String, String> pages) throws IOException {
    Files.createDirectories(DOCS);
    for (String old : names()) {
      Files.delete(DOCS.resolve(old));
    }
    for (Map.Entry<String, String> page : pages.entrySet()) {
      Files.writeString(DOCS.resolve(page.getKey()), page.getValue());
    }
  }

  private static String page(Case c, Kubectl.Answer answer) {
    return "# "
        + c.title()
        + "\n\n"
        + (c.why().isEmpty() ? "" : c.why() + "\n\n")
        + "```yaml\n"
        + c.shown()
        + "```\n\n```\n$ kubectl "
        + String.join(" ", c.command())
        + "\n"
        + ordered(answer.text())
        + "```\n";
  }

  /** The API server visits a map's fields in any order, so its own bullets come in any order. */
  private static String ordered(String text) {
    String[] lines = text.split("\n", -1);
    List<String> bullets = Arrays.stream(lines).filter(l -> l.startsWith("* ")).sorted().toList();
    StringBuilder out = new StringBuilder();
    int next = 0;
    for (int i = 0; i < lines.length; i++) {
      out.append(lines[i].startsWith("* ") ? bullets.get(next++) : lines[i]);
      out.append(i < lines.length - 1 ? "\n" : "");
    }
    return out.toString();
  }

  /** A model and a policy that workloads use. */
  private static String inUse(GivenWebhook there, Kubectl kubectl, Path work) throws IOException {
    StringBuilder out = new StringBuilder("# Deleting and revoking what is in use\n\n```\n");
    List<ObjectNode> objects = new ArrayList<>(GivenWebhook.base());
    there.facts().are(objects);
    for (ObjectNode object : objects) {
      if (!object.path("kind").asText().equals("Namespace")) {
        Files.writeString(work.resolve("object.yaml"), RuleExample.yaml(object));
        assertThat(kubectl.run("apply", "-f", "object.yaml").code()).isZero();
      }
    }
    ObjectNode chat = requireNonNull(RuleExample.base().get("VLLMDeployment/chat"));
    objects.add(chat);
    there.facts().are(objects);
    String model = chat.path("spec").path("model").path("ref").asText();
    say(out, kubectl, "delete", "trustedmodel", model);
    say(out, kubectl, "delete", "vllmpolicy", "default");
    say(
        out,
        kubectl,
        "patch",
        "trustedmodel",
        model,
        "--type=merge",
        "--patch={\"spec\":{\"revoked\":{\"reason\":\"poisoned upstream\"}}}");
    say(out, kubectl, "annotate", "trustedmodel", model, "ringfence.dev/allow-delete=true");
    say(out, kubectl, "delete", "trustedmodel", model);
    return out.append("```\n").toString();
  }

  private static void say(StringBuilder out, Kubectl kubectl, String... command) {
    out.append("$ kubectl ")
        .append(
            Arrays.stream(command)
                .map(a -> a.contains("{") ? "'" + a + "'" : a)
                .collect(Collectors.joining(" ")))
        .append('\n')
        .append(ordered(kubectl.run(command).text()));
  }

  private static String index(List<Case> cases) {
    StringBuilder out =
        new StringBuilder(
            """
            # What kubectl prints

            Real sessions of the real kubectl with a real API server, the CustomResourceDefinitions and the webhook. `TranscriptsIT`
            holds them word for word and writes them with `-Dgoldens.update`. The YAML is what differs from a good workload (or
            model, or policy). The API server stops at the first stage that finds something: unknown fields, then the
            definition, then the webhook; `./ringfence validate` lists all of all. Bullets of one answer are sorted here.

            - [Looking before applying: dry run and diff](sessions/looking-first.md)
            - [What a field is for: explain](sessions/explain.md)
            - [Where the webhook was removed: describe, conditions, Events](sessions/webhook-removed.md)
            - [Deleting and revoking what is in use](in-use.md)
            """);
    for (Case c : cases) {
      out.append("- [").append(c.title()).append("](").append(c.name()).append(".md)\n");
    }
    return out.toString();
  }
}
