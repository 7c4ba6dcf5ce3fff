package dev.ringfence.vllm;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.ringfence.vllm.Argument.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One vLLM release's tables: its arguments, as its own parser declares them, and its registries.
 *
 * <p>Names are read as {@code vllm serve} reads them: vLLM's FlexibleArgumentParser ({@code
 * vllm/utils/argparse_utils.py}, the same rules in 0.28.0 to 0.33.0) on top of Python 3.12's
 * argparse with abbreviations on.
 */
public final class Release {

  /** What vLLM takes an element that begins with a dash for. */
  sealed interface Resolution {

    /**
     * One argument.
     *
     * @param explicit the value in the same element
     * @param negated whether the name switches a boolean off
     */
    record Found(Argument argument, boolean negated, Optional<String> explicit)
        implements Resolution {}

    /** A prefix of several names, on which vLLM stops. */
    record Ambiguous(List<String> names) implements Resolution {}

    /** An option that vLLM does not have. */
    record Unknown() implements Resolution {}

    /** A value or the model. */
    record Word() implements Resolution {}
  }

  private record Named(Argument argument, boolean negated) {}

  private record Token(String text, int index) {}

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Argument HELP =
      new Argument(List.of("--help", "-h"), List.of(), Kind.FLAG, Argument.Type.TEXT, List.of());
  private static final Pattern NEGATIVE_NUMBER = Pattern.compile("-\\d+|-\\d*\\.\\d+");
  private static final Pattern PYTHON_INT = Pattern.compile("\\s*[+-]?\\d+(_\\d+)*\\s*");
  private static final Pattern PYTHON_FLOAT =
      Pattern.compile(
          "\\s*[+-]?(\\d+(_\\d+)*\\.?(\\d+(_\\d+)*)?([eE][+-]?\\d+)?|\\.\\d+(_\\d+)*([eE][+-]?\\d+)?"
              + "|(?i:inf|infinity|nan))\\s*");
  private static final Pattern HUMAN_INT =
      Pattern.compile(
          "\\s*(?:(?<number>\\d+(?:\\.\\d+(?=[kmgt]))?)(?<suffix>[kKmMgGtT])|[+-]?\\d+(?:_\\d+)*)\\s*");

  private final Version version;
  private final Map<String, Named> names = new LinkedHashMap<>();
  private final Map<String, Argument> arguments = new LinkedHashMap<>();
  private final Set<String> toolParsers;
  private final Set<String> reasoningParsers;
  private final Set<String> quantizationMethods;
  private final Set<String> deprecatedQuantizationMethods;
  private final Map<String, Set<String>> architectures;
  private final Map<String, Openable> ownOpenable;

  Release(
      Version version,
      List<Argument> arguments,
      Set<String> toolParsers,
      Set<String> reasoningParsers,
      Set<String> quantizationMethods,
      Set<String> deprecatedQuantizationMethods,
      Map<String, Set<String>> architectures,
      Map<String, Openable> ownOpenable) {
    this.version = version;
    this.toolParsers = Set.copyOf(toolParsers);
    this.reasoningParsers = Set.copyOf(reasoningParsers);
    this.quantizationMethods = Set.copyOf(quantizationMethods);
    this.deprecatedQuantizationMethods = Set.copyOf(deprecatedQuantizationMethods);
    this.architectures = Map.copyOf(architectures);
    this.ownOpenable = Map.copyOf(ownOpenable);
    HELP.names().forEach(n -> names.put(n, new Named(HELP, false)));
    for (Argument argument : arguments) {
      this.arguments.put(argument.name(), argument);
      argument.names().forEach(n -> names.put(n, new Named(argument, false)));
      argument.negations().forEach(n -> names.put(n, new Named(argument, true)));
    }
  }

  public Version version() {
    return version;
  }

  /** Every argument that the release's parser declares, in its order; {@code --help} is not one. */
  public Collection<Argument> arguments() {
    return arguments.values();
  }

  /** The argument of this canonical name; empty when this release does not have it. */
  public Optional<Argument> argument(String canonicalName) {
    return Optional.ofNullable(arguments.get(canonicalName));
  }

  /**
   * Whether the release takes exactly this spelling: a canonical name, or a negation such as {@code
   * --no-enable-prefix-caching}.
   */
  public boolean accepts(String name) {
    Named named = names.get(name);
    return named != null
        && (named.negated() || name.equals(named.argument().name()))
        && !named.argument().equals(HELP);
  }

  /** The built-in tool call parsers, as {@code --tool-call-parser} names them. */
  public Set<String> toolParsers() {
    return toolParsers;
  }

  /** The built-in reasoning parsers, as {@code --reasoning-parser} names them. */
  public Set<String> reasoningParsers() {
    return reasoningParsers;
  }

  /** The built-in quantization methods; plugins' are not among them. */
  public Set<String> quantizationMethods() {
    return quantizationMethods;
  }

  /** Those that need {@code --allow-deprecated-quantization}, which Ringfence never renders. */
  public Set<String> deprecatedQuantizationMethods() {
    return deprecatedQuantizationMethods;
  }

  /**
   * Every architecture with a class of its own in vLLM, or on Transformers' code by vLLM's list.
   */
  public Set<String> architectures() {
    return architectures.values().stream()
        .flatMap(Set::stream)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** Architectures that answer with vectors rather than text. */
  public Set<String> poolingArchitectures() {
    return architectures.getOrDefault("pooling", Set.of());
  }

  /** Architectures that take images, sound or video beside text. */
  public Set<String> multimodalArchitectures() {
    return architectures.getOrDefault("multimodal", Set.of());
  }

  /** The values of {@code --dtype}. */
  public Set<String> dtypes() {
    return argument("--dtype").map(a -> Set.copyOf(a.choices())).orElse(Set.of());
  }

  /** Arguments that this release's own table opens, since no table of Ringfence knows them. */
  Map<String, Openable> ownOpenable() {
    return ownOpenable;
  }

  /**
   * Parses what follows {@code vllm serve} as this release would: underscores, aliases, prefixes,
   * negations, dotted JSON keys, {@code key+=}, short options, {@code -O3} and the number of
   * values. The values are as they came; dotted keys are joined into one JSON value, which vLLM
   * puts last. What vLLM stops at ends the list with an {@link Parsed.Unreadable}. A {@code
   * --config} file is not looked into: it shows as that option.
   */
  public List<Parsed> parse(List<String> args) {
    List<Parsed> out = new ArrayList<>();
    List<Token> tokens = new ArrayList<>();
    Optional<Parsed.Unreadable> fault = joinDotted(plainNames(args), tokens);
    if (fault.isPresent()) {
      return List.of(fault.orElseThrow());
    }
    // argparse looks at every element before it takes the first one.
    List<Resolution> resolved = new ArrayList<>();
    boolean words = false;
    for (Token token : tokens) {
      Resolution r = words ? new Resolution.Word() : resolve(token.text());
      words |= token.text().equals("--");
      if (r instanceof Resolution.Ambiguous a) {
        return List.of(
            new Parsed.Unreadable(
                token.index(), "ambiguous option, could be " + String.join(", ", a.names())));
      }
      resolved.add(r);
    }
    int i = 0;
    while (i < tokens.size()) {
      Token token = tokens.get(i);
      switch (resolved.get(i)) {
        case Resolution.Word w -> {
          if (!token.text().equals("--")) {
            out.add(new Parsed.Positional(token.text()));
          }
          i++;
        }
        case Resolution.Unknown u -> {
          out.add(new Parsed.Unreadable(token.index(), "no such option"));
          return out;
        }
        case Resolution.Ambiguous a -> throw new IllegalStateException("handled above");
        case Resolution.Found found -> {
          Argument argument = found.argument();
          int last = i + 1;
          List<String> values = new ArrayList<>(found.explicit().stream().toList());
          if (values.isEmpty()) {
            int most =
                switch (argument.kind()) {
                  case FLAG, BOOLEAN -> 0;
                  case ONE, APPEND, OPTIONAL -> 1;
                  case MANY -> Integer.MAX_VALUE;
                };
            while (values.size() < most
                && last < tokens.size()
                && resolved.get(last) instanceof Resolution.Word
                && !tokens.get(last).text().equals("--")) {
              values.add(tokens.get(last).text());
              last++;
            }
            if (values.isEmpty()
                && argument.kind().takesValue()
                && argument.kind() != Kind.OPTIONAL) {
              out.add(new Parsed.Unreadable(token.index(), argument.name() + " needs a value"));
              return out;
            }
          } else if (!argument.kind().takesValue()) {
            out.add(new Parsed.Unreadable(token.index(), argument.name() + " takes no value"));
            return out;
          }
          if (argument.equals(HELP)) {
            out.add(new Parsed.Unreadable(token.index(), "prints the help text and ends"));
            return out;
          }
          if (!values.stream().allMatch(v -> converts(argument, v))) {
            out.add(new Parsed.Unreadable(token.index(), argument.name() + " has a bad value"));
            return out;
          }
          out.add(
              new Parsed.Option(
                  argument,
                  nameOf(args.get(token.index())),
                  values,
                  argument.kind() != Kind.BOOLEAN || !found.negated()));
          i = last;
        }
      }
    }
    return out;
  }

  /** The part of an element that is its name. */
  static String nameOf(String element) {
    int equals = element.indexOf('=');
    return equals < 0 ? element : element.substring(0, equals);
  }

  /** FlexibleArgumentParser's first step: dashes for underscores in names, and {@code -O}. */
  private static List<Token> plainNames(List<String> args) {
    List<Token> out = new ArrayList<>();
    for (int i = 0; i < args.size(); i++) {
      String arg = args.get(i);
      if (arg.startsWith("--help=")) {
        out.add(new Token("--help", i));
      } else if (arg.startsWith("--")) {
        out.add(new Token(dashed(arg), i));
      } else if (arg.startsWith("-O") && arg.length() > 2) {
        out.add(new Token("--optimization-level", i));
        out.add(new Token(arg.substring(arg.charAt(2) == '=' ? 3 : 2), i));
      } else if (arg.equals("-O")
          && i + 1 < args.size()
          && List.of("0", "1", "2", "3").contains(args.get(i + 1))) {
        out.add(new Token("--optimization-level", i));
      } else {
        out.add(new Token(arg, i));
      }
    }
    return out;
  }

  /** Underscores become dashes between the first {@code --} and the first dot of the name. */
  static String dashed(String arg) {
    if (!arg.startsWith("--")) {
      return arg;
    }
    String name = nameOf(arg);
    int dot = name.indexOf('.');
    int end = dot < 0 ? name.length() : dot;
    return name.substring(0, end).replace('_', '-') + arg.substring(end);
  }

  /**
   * FlexibleArgumentParser's second step: {@code --x.y v}, {@code --x.y+=a,b} become {@code --x
   * JSON}.
   */
  private static Optional<Parsed.Unreadable> joinDotted(List<Token> in, List<Token> out) {
    Map<String, ObjectNode> joined = new LinkedHashMap<>();
    Map<String, Integer> first = new LinkedHashMap<>();
    for (int i = 0; i < in.size(); i++) {
      Token token = in.get(i);
      String name = nameOf(token.text());
      boolean skip = token.text().startsWith("--") && token.text().indexOf('.') < 0;
      if (skip || !token.text().startsWith("-") || name.indexOf('.') < 0) {
        out.add(token);
        continue;
      }
      String value;
      if (name.length() < token.text().length()) {
        value = token.text().substring(name.length() + 1);
      } else if (i + 1 < in.size()) {
        i++;
        value = in.get(i).text();
      } else {
        return Optional.of(new Parsed.Unreadable(token.index(), "a dotted key needs a value"));
      }
      JsonNode read;
      if (name.endsWith("+")) {
        name = name.substring(0, name.length() - 1);
        read = JSON.valueToTree(List.of(value.split(",", -1)));
      } else {
        read = json(value).orElseGet(() -> humanInt(value));
      }
      String[] keys = name.split("\\.", -1);
      for (int k = keys.length - 1; k > 0; k--) {
        ObjectNode outer = JSON.createObjectNode();
        outer.set(keys[k], read);
        read = outer;
      }
      first.putIfAbsent(keys[0], token.index());
      merge(joined.computeIfAbsent(keys[0], k -> JSON.createObjectNode()), (ObjectNode) read);
    }
    joined.forEach(
        (key, value) -> {
          int index = first.getOrDefault(key, 0);
          out.add(new Token(key, index));
          out.add(new Token(value.toString(), index));
        });
    return Optional.empty();
  }

  /** vLLM's human_readable_int, or the text itself where that fails. */
  private static JsonNode humanInt(String text) {
    Matcher m = HUMAN_INT.matcher(text);
    if (!m.matches()) {
      return JSON.getNodeFactory().textNode(text);
    }
    if (m.group("suffix") == null) {
      return JSON.getNodeFactory()
          .numberNode(new BigInteger(text.strip().replace("_", "").replace("+", "")));
    }
    char suffix = m.group("suffix").charAt(0);
    int power = 1 + "kmgt".indexOf(Character.toLowerCase(suffix));
    BigDecimal factor = BigDecimal.valueOf(Character.isLowerCase(suffix) ? 1000 : 1024).pow(power);
    return JSON.getNodeFactory()
        .numberNode(new BigDecimal(m.group("number")).multiply(factor).toBigInteger());
  }

  private static void merge(ObjectNode original, ObjectNode update) {
    update
        .properties()
        .forEach(
            entry -> {
              JsonNode old = original.get(entry.getKey());
              if (old instanceof ObjectNode o && entry.getValue() instanceof ObjectNode u) {
                merge(o, u);
              } else if (old != null && old.isArray() && entry.getValue().isArray()) {
                var list = JSON.createArrayNode();
                old.forEach(list::add);
                entry.getValue().forEach(list::add);
                original.set(entry.getKey(), list);
              } else {
                original.set(entry.getKey(), entry.getValue());
              }
            });
  }

  private static Optional<JsonNode> json(String text) {
    try {
      JsonNode node = JSON.readTree(text);
      return node.isMissingNode() ? Optional.empty() : Optional.of(node);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** argparse's {@code _parse_optional} and {@code _get_option_tuples}, abbreviations on. */
  Resolution resolve(String element) {
    if (element.length() < 2 || element.charAt(0) != '-' || element.equals("--")) {
      return new Resolution.Word();
    }
    Named exact = names.get(element);
    if (exact != null) {
      return new Resolution.Found(exact.argument(), exact.negated(), Optional.empty());
    }
    String name = nameOf(element);
    Optional<String> explicit =
        name.length() < element.length()
            ? Optional.of(element.substring(name.length() + 1))
            : Optional.empty();
    Named named = explicit.isPresent() ? names.get(name) : null;
    if (named != null) {
      return new Resolution.Found(named.argument(), named.negated(), explicit);
    }
    Map<String, Resolution.Found> found = new LinkedHashMap<>();
    boolean twoDashes = element.startsWith("--");
    names.forEach(
        (spelled, n) -> {
          if (twoDashes && spelled.startsWith(name)) {
            found.put(spelled, new Resolution.Found(n.argument(), n.negated(), explicit));
          } else if (!twoDashes && spelled.equals(element.substring(0, 2))) {
            found.put(
                spelled,
                new Resolution.Found(n.argument(), n.negated(), Optional.of(element.substring(2))));
          } else if (!twoDashes && spelled.startsWith(element)) {
            found.put(spelled, new Resolution.Found(n.argument(), n.negated(), Optional.empty()));
          }
        });
    if (found.size() > 1) {
      return new Resolution.Ambiguous(List.copyOf(found.keySet()));
    }
    if (found.size() == 1) {
      return found.values().iterator().next();
    }
    return NEGATIVE_NUMBER.matcher(element).matches() || element.indexOf(' ') >= 0
        ? new Resolution.Word()
        : new Resolution.Unknown();
  }

  /** Whether vLLM's converter and list of choices take the value. */
  private static boolean converts(Argument argument, String value) {
    boolean typed =
        switch (argument.type()) {
          case TEXT -> true;
          case INT -> PYTHON_INT.matcher(value).matches();
          case FLOAT -> PYTHON_FLOAT.matcher(value).matches();
          case HUMAN_INT -> HUMAN_INT.matcher(value).matches();
          case HUMAN_INT_OR_AUTO ->
              HUMAN_INT.matcher(value).matches() || value.strip().equalsIgnoreCase("auto");
          case JSON -> json(value).isPresent();
        };
    return typed
        && (argument.choices().isEmpty()
            || argument.choices().contains(value)
            || (value.isEmpty() && argument.choices().contains("None")));
  }
}
