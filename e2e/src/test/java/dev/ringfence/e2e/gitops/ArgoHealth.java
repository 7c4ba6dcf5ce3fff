package dev.ringfence.e2e.gitops;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ringfence.e2e.cluster.Binaries;
import dev.ringfence.e2e.cluster.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The health script in gopher-lua, the interpreter that Argo CD has in it. */
final class ArgoHealth {
  static final Path SCRIPT = Path.of("../deploy/gitops/argo-cd/health.lua");
  static final Path CONFIG = Path.of("../deploy/gitops/argo-cd/argocd-cm.yaml");

  private ArgoHealth() {}

  /** What it says of an object. */
  record Health(String status, String message) {}

  static Health of(JsonNode object, Path folder) {
    try {
      Path program = folder.resolve("health.lua");
      Files.writeString(
          program,
          """
          local obj = %s
          local function health()
          %s
          end
          local hs = health()
          io.write(hs.status, "\\n", hs.message)
          """
              .formatted(literal(object), Files.readString(SCRIPT)));
      Path glua =
          Binaries.resolve(List.of(Program.GLUA), System.getenv(), System.err::println)
              .of(Program.GLUA);
      Process process =
          new ProcessBuilder(glua.toString(), program.toString()).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new AssertionError("the script fails: " + printed);
      }
      int line = printed.indexOf('\n');
      return new Health(printed.substring(0, line), printed.substring(line + 1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A value as Lua writes it. */
  private static String literal(JsonNode node) {
    StringBuilder text = new StringBuilder();
    literal(node, text);
    return text.toString();
  }

  private static void literal(JsonNode node, StringBuilder text) {
    switch (node.getNodeType()) {
      case OBJECT -> {
        text.append('{');
        node.properties()
            .forEach(
                member -> {
                  text.append('[');
                  quoted(member.getKey(), text);
                  text.append("]=");
                  literal(member.getValue(), text);
                  text.append(',');
                });
        text.append('}');
      }
      case ARRAY -> {
        text.append('{');
        node.forEach(
            item -> {
              literal(item, text);
              text.append(',');
            });
        text.append('}');
      }
      case STRING -> quoted(node.asText(), text);
      case NULL -> text.append("nil");
      default -> text.append(node);
    }
  }

  private static void quoted(String value, StringBuilder text) {
    text.append('"');
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      if (b >= ' ' && b < 127 && b != '"' && b != '\\') {
        text.append((char) b);
      } else {
        text.append('\\').append("%03d".formatted(b & 0xff));
      }
    }
    text.append('"');
  }
}
