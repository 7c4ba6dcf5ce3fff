package dev.ringfence.e2e.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * The API server's own record of every request but watches. What happened between two {@link
 * #mark() marks} can be counted:
 *
 * <pre>{@code
 * var before = audit.mark();
 * …
 * assertThat(audit.between(before, audit.mark(), e -> e.isWrite() && e.user().equals("operator")))
 *     .isEmpty();
 * }</pre>
 */
public final class AuditLog {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final KubernetesClient client;

  AuditLog(Path file, KubernetesClient client) {
    this.file = file;
    this.client = client;
  }

  /** A place in the log. */
  public record Mark(long position) {}

  /**
   * A mark behind every request that was answered before this call: a request of its own is made
   * and waited for in the log, which the API server writes in the order of the answers.
   */
  public Mark mark() {
    long from = size();
    var name = "audit-mark-" + UUID.randomUUID();
    var end = Instant.now().plus(PATIENCE);
    client.configMaps().inNamespace("default").withName(name).get();
    while (Instant.now().isBefore(end)) {
      var text = read(from, size());
      int at = text.indexOf(name);
      int line = at < 0 ? -1 : text.indexOf('\n', at);
      if (line >= 0) {
        return new Mark(from + text.substring(0, line + 1).getBytes(StandardCharsets.UTF_8).length);
      }
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new ControlPlaneException("a request did not reach the audit log " + file);
  }

  /** All requests in a log's file, in order. */
  public static List<AuditEvent> read(Path file) {
    try (var lines = Files.lines(file)) {
      return lines.map(AuditLog::parse).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** The requests between two marks, in order. */
  public List<AuditEvent> between(Mark from, Mark to, Predicate<AuditEvent> wanted) {
    return read(from.position, to.position)
        .lines()
        .map(AuditLog::parse)
        .filter(event -> !event.name().startsWith("audit-mark-"))
        .filter(wanted)
        .toList();
  }

  /** The writes between two marks: everything that asked to store something, by whomever. */
  public List<AuditEvent> writes(Mark from, Mark to) {
    return between(from, to, AuditEvent::isWrite);
  }

  /** How many there are of each kind, in the order of the kinds' names. */
  public static Map<String, Long> count(
      List<AuditEvent> events, Function<AuditEvent, String> kind) {
    return events.stream()
        .collect(Collectors.groupingBy(kind, TreeMap::new, Collectors.counting()));
  }

  private static AuditEvent parse(String line) {
    try {
      return AuditEvent.of(JSON.readTree(line));
    } catch (IOException e) {
      throw new UncheckedIOException("not a line of an audit log", e);
    }
  }

  private long size() {
    try {
      return Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String read(long from, long to) {
    if (to <= from) {
      return "";
    }
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var buffer = ByteBuffer.allocate(Math.toIntExact(to - from));
      channel.position(from);
      while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
        // reads on
      }
      return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
