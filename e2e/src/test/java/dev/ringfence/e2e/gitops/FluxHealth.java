package dev.ringfence.e2e.gitops;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The expressions of the example Kustomizations, in the order in which Flux evaluates them. */
final class FluxHealth {
  static final Path KUSTOMIZATIONS = Path.of("../deploy/gitops/flux/kustomizations.yaml");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final CelCompiler COMPILER =
      CelCompilerFactory.standardCelCompilerBuilder()
          .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
          .addLibraries(CelExtensions.optional())
          .addVar("metadata", SimpleType.DYN)
          .addVar("spec", SimpleType.DYN)
          .addVar("status", SimpleType.DYN)
          .setResultType(SimpleType.BOOL)
          .build();
  private static final CelRuntime RUNTIME =
      CelRuntimeFactory.legacyCelRuntimeBuilder().addLibraries(CelExtensions.optional()).build();

  private FluxHealth() {}

  /** {@code InProgress}, {@code Failed}, {@code Current}, or {@code Retried} after an error. */
  static String of(JsonNode object) {
    JsonNode expressions = expressions(object.path("kind").asText());
    JsonNode observed = object.path("status").path("observedGeneration");
    if (observed.isNumber()
        && observed.asLong() != object.path("metadata").path("generation").asLong()) {
      return "InProgress";
    }
    try {
      for (String name : new String[] {"inProgress", "failed", "current"}) {
        if (holds(expressions.path(name).asText(), object)) {
          return name.equals("inProgress")
              ? "InProgress"
              : name.equals("failed") ? "Failed" : "Current";
        }
      }
      return "InProgress";
    } catch (CelEvaluationException e) {
      return "Retried";
    }
  }

  private static JsonNode expressions(String kind) {
    try (var documents =
        new YAMLMapper().readerFor(JsonNode.class).readValues(KUSTOMIZATIONS.toFile())) {
      while (documents.hasNext()) {
        for (JsonNode each : ((JsonNode) documents.next()).path("spec").path("healthCheckExprs")) {
          if (each.path("kind").asText().equals(kind)) {
            return each;
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new IllegalArgumentException("no expressions for " + kind);
  }

  private static boolean holds(String expression, JsonNode object) throws CelEvaluationException {
    Map<String, Object> variables = new HashMap<>();
    for (String field : new String[] {"metadata", "spec", "status"}) {
      if (object.has(field)) {
        variables.put(field, JSON.convertValue(widened(object.path(field)), Map.class));
      }
    }
    try {
      return (Boolean) RUNTIME.createProgram(COMPILER.compile(expression).getAst()).eval(variables);
    } catch (CelValidationException e) {
      throw new IllegalStateException(expression, e);
    }
  }

  /** CEL has one integer type, of 64 bits. */
  private static JsonNode widened(JsonNode node) {
    if (node.isInt()) {
      return JSON.getNodeFactory().numberNode(node.asLong());
    }
    if (node.isObject()) {
      var copy = JSON.createObjectNode();
      node.properties().forEach(e -> copy.set(e.getKey(), widened(e.getValue())));
      return copy;
    }
    if (node.isArray()) {
      var copy = JSON.createArrayNode();
      node.forEach(item -> copy.add(widened(item)));
      return copy;
    }
    return node;
  }
}
