package dev.ringfence.input;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Reads what {@code -f} names: a file, a folder with everything below it, or standard input. */
public final class InputReader {
  private static final ObjectReader JSON =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(100).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build()
          .readerFor(JsonNode.class);

  private static final int MOST_BYTES = 64 << 20;

  private final InputStream standardInput;

  public InputReader(InputStream standardInput) {
    this.standardInput = standardInput;
  }

  /**
   * What one source holds.
   *
   * @param manifests those of readable files
   * @param unreadable the files that are not
   */
  public record Contents(List<Manifest> manifests, List<Unreadable> unreadable) {}

  /**
   * @param source a file, a folder or {@code -}
   */
  public Contents read(String source) {
    List<Manifest> manifests = new ArrayList<>();
    List<Unreadable> unreadable = new ArrayList<>();
    if (source.equals("-")) {
      try {
        bytes(source, standardInput.readNBytes(MOST_BYTES + 1), manifests, unreadable);
      } catch (IOException e) {
        unreadable.add(
            new Unreadable(
                source, OptionalInt.empty(), "cannot be read; try again, or pass a file"));
      }
      return new Contents(manifests, unreadable);
    }
    Path path = Path.of(source);
    if (!Files.isDirectory(path)) {
      file(path, manifests, unreadable);
      return new Contents(manifests, unreadable);
    }
    try (Stream<Path> below = Files.walk(path)) {
      below
          .filter(
              p ->
                  p.toString().matches(".*\\.(ya?ml|json)")
                      && !hidden(path, p)
                      && Files.isRegularFile(p))
          .sorted()
          .forEach(p -> file(p, manifests, unreadable));
    } catch (IOException | java.io.UncheckedIOException e) {
      unreadable.add(
          new Unreadable(
              source, OptionalInt.empty(), "cannot be listed; check the folder's permissions"));
    }
    return new Contents(manifests, unreadable);
  }

  private static boolean hidden(Path root, Path file) {
    for (Path part : root.relativize(file)) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private static void file(Path path, List<Manifest> manifests, List<Unreadable> unreadable) {
    String name = path.toString();
    try {
      if (Files.size(path) > MOST_BYTES) {
        unreadable.add(
            new Unreadable(name, OptionalInt.empty(), "is larger than 64 MiB; split it"));
      } else {
        bytes(name, Files.readAllBytes(path), manifests, unreadable);
      }
    } catch (NoSuchFileException e) {
      unreadable.add(new Unreadable(name, OptionalInt.empty(), "is not there; check the path"));
    } catch (IOException e) {
      unreadable.add(
          new Unreadable(
              name, OptionalInt.empty(), "cannot be read; check the file's permissions"));
    }
  }

  private static void bytes(
      String file, byte[] bytes, List<Manifest> manifests, List<Unreadable> unreadable) {
    if (bytes.length > MOST_BYTES) {
      unreadable.add(new Unreadable(file, OptionalInt.empty(), "is larger than 64 MiB; split it"));
      return;
    }
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      unreadable.add(
          new Unreadable(file, OptionalInt.of(1), "is not text in UTF-8; save it as UTF-8"));
      return;
    }
    String body = text.startsWith("\ufeff") ? text.substring(1) : text;
    List<Manifest> found = new ArrayList<>();
    try {
      if (body.stripLeading().startsWith("{")) {
        json(file, body, found);
      } else {
        int number = 0;
        for (YamlReader.Document document : YamlReader.read(body)) {
          number++;
          add(file, number, document.json(), document.lines(), document.line(), found);
        }
      }
      manifests.addAll(found);
    } catch (YamlReader.Fault e) {
      unreadable.add(new Unreadable(file, e.line(), e.text()));
    }
  }

  private static void json(String file, String body, List<Manifest> found) throws YamlReader.Fault {
    int number = 0;
    try (JsonParser parser = JSON.createParser(body);
        MappingIterator<JsonNode> values = JSON.readValues(parser)) {
      while (values.hasNextValue()) {
        number++;
        add(file, number, values.nextValue(), Lines.NONE, 0, found);
      }
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      boolean twin = String.valueOf(e.getOriginalMessage()).startsWith("Duplicate field");
      throw new YamlReader.Fault(
          at == null ? 0 : at.getLineNr(),
          twin
              ? "has the same key twice in one map; remove one of the two"
              : "is not JSON that can be read; correct this line or the one before it");
    } catch (IOException e) {
      throw new YamlReader.Fault(0, "is not JSON that can be read; correct it");
    }
  }

  /** Takes Lists apart, also nested ones. */
  private static void add(
      String file, int number, JsonNode json, Lines lines, int line, List<Manifest> found)
      throws YamlReader.Fault {
    if (json.isNull()) {
      return;
    }
    if (!json.isObject()) {
      throw new YamlReader.Fault(
          line, "holds a document that is no object; write apiVersion, kind, metadata and spec");
    }
    JsonNode items = json.path("items");
    if (json.path("kind").asText("").endsWith("List")
        && (items.isArray() || items.isMissingNode() || items.isNull())) {
      for (int i = 0; i < items.size(); i++) {
        add(file, number, items.get(i), lines.below("items[" + i + "]"), line, found);
      }
      return;
    }
    found.add(new Manifest(file, number, json, lines));
  }
}
