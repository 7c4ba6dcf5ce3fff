package dev.ringfence.render;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;

/**
 * Writes Kubernetes objects as YAML, the same object always as the same bytes: members in a fixed
 * order, no status, nothing that only a server knows. Every text that one of YAML 1.1 (kubectl) and
 * YAML 1.2 would read as something else than a text is quoted.
 */
public final class CanonicalYaml {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> FIRST = List.of("apiVersion", "kind", "metadata", "name");

  /** What a reader cares about first, then by the alphabet. */
  private static final Comparator<String> ORDER =
      Comparator.<String>comparingInt(
              member -> FIRST.contains(member) ? FIRST.indexOf(member) : FIRST.size())
          .thenComparing(Comparator.naturalOrder());

  private CanonicalYaml() {}

  /** One document for each object, in order, each with its {@code ---} line. */
  public static String write(List<? extends HasMetadata> objects) {
    StringBuilder out = new StringBuilder();
    objects.forEach(o -> out.append("---\n").append(write(o)));
    return out.toString();
  }

  /** One document without a {@code ---} line. */
  public static String write(HasMetadata object) {
    Map<?, ?> tree = JSON.convertValue(object, Map.class);
    tree.remove("status");
    if (tree.get("metadata") instanceof Map<?, ?> metadata) {
      List.of("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid")
          .forEach(metadata::remove);
    }
    DumperOptions options = options();
    return new Yaml(new Texts(options), options).dump(ordered(tree));
  }

  private static DumperOptions options() {
    DumperOptions o = new DumperOptions();
    o.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
    o.setWidth(Integer.MAX_VALUE);
    o.setSplitLines(false);
    o.setLineBreak(DumperOptions.LineBreak.UNIX);
    o.setNonPrintableStyle(DumperOptions.NonPrintableStyle.ESCAPE);
    return o;
  }

  private static Object ordered(Object value) {
    return switch (value) {
      case Map<?, ?> m -> {
        Map<String, Object> sorted = new TreeMap<>(ORDER);
        m.forEach(
            (k, v) -> Optional.ofNullable(v).ifPresent(x -> sorted.put((String) k, ordered(x))));
        yield sorted;
      }
      case List<?> l -> l.stream().map(CanonicalYaml::ordered).toList();
      default -> value;
    };
  }

  /** Chooses how a text is written. */
  private static final class Texts extends Representer {
    /** Texts that no YAML reads as a number, a date or nothing, and quantities with a unit. */
    private static final Pattern PLAIN =
        Pattern.compile(
            "(--|/)?[A-Za-z]([A-Za-z0-9/._=:@-]*[A-Za-z0-9/])?|[0-9]+([KMGTPE]i|[mkMGT])");

    /** Invisible, or turning text around, or a line break to YAML 1.1 alone. */
    private static final Pattern HIDDEN =
        Pattern.compile("[\\p{Zl}\\p{Zp}\\p{Cf}\\p{Cc}&&[^\n\t]]");

    /** Truth values and nothing, also those of YAML 1.1. */
    private static final Pattern WORD = Pattern.compile("(?i)true|false|yes|no|on|off|null|y|n");

    Texts(DumperOptions options) {
      super(options);
      representers.put(String.class, data -> text((String) data));
    }

    private Node text(String s) {
      // A block that begins with white space would need an indication of its own indent.
      boolean block =
          s.indexOf('\n') > 0 && !Character.isWhitespace(s.charAt(0)) && !HIDDEN.matcher(s).find();
      if (block) {
        return representScalar(Tag.STR, s, DumperOptions.ScalarStyle.LITERAL);
      }
      boolean plain = PLAIN.matcher(s).matches() && !WORD.matcher(s).matches();
      return representScalar(
          Tag.STR,
          s,
          plain ? DumperOptions.ScalarStyle.PLAIN : DumperOptions.ScalarStyle.DOUBLE_QUOTED);
    }
  }
}
