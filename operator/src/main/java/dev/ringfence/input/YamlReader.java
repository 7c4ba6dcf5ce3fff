package dev.ringfence.input;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * YAML 1.1 into JSON as kubectl does it: its scalars, merge keys, no duplicate keys, no custom
 * tags, bounded aliases and depth.
 */
final class YamlReader {
  private static final int DEEPEST = 100;

  /** Marks plain scalars without a tag, whose meaning {@link YamlScalars} decides. */
  private static final Tag PLAIN = new Tag("tag:ringfence.dev,2026:plain");

  /** One document as JSON with the places of its fields. */
  record Document(JsonNode json, Lines lines, int line) {}

  /** What stops a file from being read. */
  static final class Fault extends Exception {
    private static final long serialVersionUID = 1L;
    private final int line;

    Fault(int line, String message) {
      super(message);
      this.line = line;
    }

    OptionalInt line() {
      return line < 1 ? OptionalInt.empty() : OptionalInt.of(line);
    }

    String text() {
      return String.valueOf(getMessage());
    }
  }

  private static final class PlainResolver extends Resolver {
    @Override
    public Tag resolve(NodeId kind, @Nullable String value, boolean implicit) {
      return switch (kind) {
        case scalar -> implicit ? PLAIN : Tag.STR;
        case sequence -> Tag.SEQ;
        default -> Tag.MAP;
      };
    }
  }

  private final Map<String, Integer> lines = new HashMap<>();
  private long budget;

  private YamlReader(long budget) {
    this.budget = budget;
  }

  static List<Document> read(String text) throws Fault {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(Integer.MAX_VALUE);
    options.setNestingDepthLimit(DEEPEST);
    options.setMaxAliasesForCollections(Integer.MAX_VALUE);
    options.setAllowRecursiveKeys(false);
    DumperOptions dumper = new DumperOptions();
    Yaml yaml =
        new Yaml(
            new SafeConstructor(options),
            new Representer(dumper),
            dumper,
            options,
            new PlainResolver());
    // Aliases may repeat a text some ten times; a bomb repeats it a billion times.
    YamlReader reader = new YamlReader(10_000L + 10L * text.length());
    List<Document> documents = new ArrayList<>();
    try {
      for (Node node : yaml.composeAll(new java.io.StringReader(text))) {
        reader.lines.clear();
        JsonNode json = reader.json(node, "", 0);
        documents.add(new Document(json, new Lines(Map.copyOf(reader.lines)), line(node)));
      }
    } catch (ReaderException e) {
      throw new Fault(
          lineOf(text, e.getPosition()),
          "is not plain text: a control or unknown character; remove it");
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
      throw new Fault(
          mark == null ? 0 : mark.getLine() + 1,
          "is not YAML: "
              + Problem.withoutInput(e.getProblem())
              + "; correct this line or the one before it");
    } catch (YAMLException e) {
      throw new Fault(
          0,
          "is not YAML that can be read: "
              + Problem.withoutInput(e.getMessage())
              + "; simplify it");
    }
    return documents;
  }

  private static int lineOf(String text, int position) {
    return 1 + (int) text.codePoints().limit(Math.max(0, position)).filter(c -> c == '\n').count();
  }

  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private JsonNode json(Node node, String path, int depth) throws Fault {
    if (--budget < 0) {
      throw new Fault(
          line(node), "has aliases that repeat far more than is written; write the values out");
    }
    if (depth > DEEPEST) {
      throw new Fault(
          line(node),
          "is nested deeper than " + DEEPEST + " levels, or an alias holds itself; flatten it");
    }
    lines.putIfAbsent(path, line(node));
    return switch (node) {
      case ScalarNode s -> scalar(s);
      case SequenceNode s -> {
        tagIs(s, Tag.SEQ);
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (Node item : s.getValue()) {
          array.add(json(item, path + "[" + array.size() + "]", depth + 1));
        }
        yield array;
      }
      case MappingNode m -> {
        tagIs(m, Tag.MAP);
        yield mapping(m, path, depth);
      }
      default ->
          throw new Fault(
              line(node), "has something that is neither text, list nor map; write it out");
    };
  }

  private static void tagIs(Node node, Tag tag) throws Fault {
    if (!node.getTag().equals(tag)) {
      throw new Fault(
          line(node), "has a tag of its own, which no Kubernetes tool reads; remove the tag");
    }
  }

  private ObjectNode mapping(MappingNode node, String path, int depth) throws Fault {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    List<Node> merged = new ArrayList<>();
    for (NodeTuple tuple : node.getValue()) {
      Node keyNode = tuple.getKeyNode();
      if (keyNode instanceof ScalarNode s
          && s.getTag().equals(PLAIN)
          && s.getValue().equals("<<")) {
        merged.add(tuple.getValueNode());
        continue;
      }
      String key = key(keyNode);
      if (object.has(key)) {
        throw new Fault(line(keyNode), "has the same key twice in one map; remove one of the two");
      }
      String child = path.isEmpty() ? key : path + "." + key;
      lines.put(child, line(keyNode));
      object.set(key, json(tuple.getValueNode(), child, depth + 1));
    }
    for (Node from : merged) {
      merge(object, from, path, depth);
    }
    return object;
  }

  /** Fields of a merged map stand behind those that are written; of several maps the first wins. */
  private void merge(ObjectNode object, Node from, String path, int depth) throws Fault {
    List<Node> sources = from instanceof SequenceNode s ? s.getValue() : List.of(from);
    for (Node source : sources) {
      if (!(source instanceof MappingNode map)) {
        throw new Fault(line(source), "merges something that is no map; write the fields out");
      }
      mapping(map, path, depth + 1)
          .properties()
          .forEach(e -> object.putIfAbsent(e.getKey(), e.getValue()));
    }
  }

  private static String key(Node node) throws Fault {
    if (!(node instanceof ScalarNode s)) {
      throw new Fault(line(node), "has a list or map as a key; write a text");
    }
    JsonNode key = scalar(s);
    if (key.isNull()) {
      throw new Fault(line(node), "has an empty key; write a text");
    }
    return key.asText();
  }

  private static JsonNode scalar(ScalarNode node) throws Fault {
    String text = node.getValue();
    Tag tag = node.getTag();
    Optional<JsonNode> value;
    if (tag.equals(PLAIN)) {
      value = YamlScalars.plain(text);
    } else if (tag.equals(Tag.STR)) {
      value = Optional.of(TextNode.valueOf(text));
    } else if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      value = text.isEmpty() ? Optional.empty() : YamlScalars.number(text);
    } else if (tag.equals(Tag.BOOL) || tag.equals(Tag.NULL) || tag.equals(Tag.TIMESTAMP)) {
      value = YamlScalars.plain(text);
    } else {
      throw new Fault(
          line(node), "has a tag of its own, which no Kubernetes tool reads; remove the tag");
    }
    return value.orElseThrow(
        () ->
            new Fault(
                line(node),
                "has a number that JSON does not know (infinite, or none); write a number"));
  }
}
