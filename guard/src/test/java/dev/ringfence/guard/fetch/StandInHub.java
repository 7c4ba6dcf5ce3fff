package dev.ringfence.guard.fetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for a model hub, over TLS on this machine: {@code localhost} is the hub, {@code
 * 127.0.0.1} on another port the store that it redirects to. Each file may misbehave in its way.
 */
public final class StandInHub implements AutoCloseable {
  /** The one repository. */
  public static final String REPOSITORY = "owner/model";

  /** Its one commit. */
  public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  /** How a file is served. */
  enum How {
    PLAIN,
    FROM_STORE,
    CUT_ONCE,
    NO_RANGES,
    OTHER_RANGE_ONCE,
    OTHER_BYTES,
    ONE_BYTE_MORE,
    ONE_BYTE_LESS,
    BUSY_ONCE,
    REFUSED,
    MISSING,
    TEAPOT,
    TO_HTTP,
    TO_METADATA,
    TO_USER_INFO,
    TO_ITSELF,
    NOWHERE
  }

  /** One request that was made. */
  record Asked(String server, String path, @Nullable String range, @Nullable String token) {}

  final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final Map<String, byte[]> files = new HashMap<>();
  private final Map<String, How> how = new HashMap<>();
  private final Map<String, Boolean> once = new HashMap<>();
  private final HttpsServer hub;
  private final HttpsServer store;
  private final Path ca;

  /** What the hub's list of files holds instead of what lies there, if anything. */
  @Nullable String list;

  /** Where the list goes on, if it does. */
  @Nullable String next;

  public StandInHub(Path folder, TestCertificate certificate)
      throws IOException, GeneralSecurityException {
    ca = Files.writeString(folder.resolve("hub-ca.pem"), certificate.certificate());
    hub = server(certificate, "hub");
    store = server(certificate, "store");
  }

  private HttpsServer server(TestCertificate certificate, String name)
      throws IOException, GeneralSecurityException {
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.setHttpsConfigurator(new HttpsConfigurator(certificate.serving()));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", x -> serve(name, x));
    server.start();
    return server;
  }

  /** What trusts it. */
  public Path ca() {
    return ca;
  }

  /** The TrustedModel's endpoint. */
  public String endpoint() {
    return "https://localhost:" + hub.getAddress().getPort();
  }

  void put(String path, byte[] content, How manner) {
    files.put(path, content);
    how.put(path, manner);
  }

  /** Puts a file that is served as it is. */
  public void put(String path, byte[] content) {
    put(path, content, How.PLAIN);
  }

  private void serve(String server, HttpExchange x) throws IOException {
    try (x) {
      String path = x.getRequestURI().getPath();
      asked.add(
          new Asked(
              server,
              path,
              x.getRequestHeaders().getFirst("Range"),
              x.getRequestHeaders().getFirst("Authorization")));
      if (path.equals("/api/models/" + REPOSITORY + "/revision/main")) {
        whole(x, 200, ("{\"sha\":\"" + COMMIT + "\"}").getBytes(StandardCharsets.UTF_8));
      } else if (path.equals("/api/models/" + REPOSITORY + "/tree/" + COMMIT)) {
        if (next != null) {
          x.getResponseHeaders().add("Link", "<" + next + ">; rel=\"next\"");
        }
        whole(x, 200, (list == null ? tree() : list).getBytes(StandardCharsets.UTF_8));
      } else {
        String prefix =
            server.equals("store") ? "/blob/" : "/" + REPOSITORY + "/resolve/" + COMMIT + "/";
        file(server, x, path.startsWith(prefix) ? path.substring(prefix.length()) : "");
      }
    }
  }

  private String tree() {
    List<String> entries = new ArrayList<>();
    files.forEach(
        (path, content) ->
            entries.add(
                "{\"type\":\"file\",\"path\":\""
                    + path
                    + "\",\"size\":"
                    + content.length
                    + (path.endsWith(".safetensors")
                        ? ",\"lfs\":{\"oid\":\""
                            + Models.sha(content)
                            + "\",\"size\":"
                            + content.length
                            + "}"
                        : "")
                    + "}"));
    return "[" + String.join(",", entries) + "]";
  }

  private void file(String server, HttpExchange x, String path) throws IOException {
    byte[] content = files.get(path);
    if (content == null) {
      whole(x, 404, new byte[0]);
      return;
    }
    How manner = server.equals("store") ? How.PLAIN : how.getOrDefault(path, How.PLAIN);
    boolean first = once.put(path, true) == null;
    switch (manner) {
      case FROM_STORE ->
          redirect(x, "https://127.0.0.1:" + store.getAddress().getPort() + "/blob/" + path);
      case TO_HTTP -> redirect(x, "http://localhost/blob");
      case TO_METADATA -> redirect(x, "https://169.254.169.254/latest/meta-data");
      case TO_USER_INFO -> redirect(x, "https://user:secret@localhost/blob");
      case TO_ITSELF -> redirect(x, x.getRequestURI().toString());
      case NOWHERE -> redirect(x, "");
      case REFUSED -> whole(x, 401, new byte[0]);
      case MISSING -> whole(x, 404, new byte[0]);
      case TEAPOT -> whole(x, 418, new byte[0]);
      case BUSY_ONCE -> {
        if (first) {
          whole(x, 503, new byte[0]);
        } else {
          ranged(x, content);
        }
      }
      case CUT_ONCE -> {
        if (first) {
          x.sendResponseHeaders(200, content.length);
          x.getResponseBody().write(content, 0, content.length / 2);
          x.getResponseBody().flush();
        } else {
          ranged(x, content);
        }
      }
      case OTHER_RANGE_ONCE -> {
        if (first) {
          x.sendResponseHeaders(200, content.length);
          x.getResponseBody().write(content, 0, content.length / 2);
          x.getResponseBody().flush();
          how.put(path, How.NO_RANGES);
        }
      }
      case NO_RANGES -> {
        if (first) {
          x.sendResponseHeaders(200, content.length);
          x.getResponseBody().write(content, 0, content.length / 2);
          x.getResponseBody().flush();
        } else {
          whole(x, 200, content);
        }
      }
      case OTHER_BYTES -> {
        byte[] other = content.clone();
        other[other.length - 1] ^= 1;
        ranged(x, other);
      }
      case ONE_BYTE_MORE -> ranged(x, Arrays.copyOf(content, content.length + 1));
      case ONE_BYTE_LESS -> ranged(x, Arrays.copyOf(content, content.length - 1));
      case PLAIN -> ranged(x, content);
    }
  }

  private static void redirect(HttpExchange x, String to) throws IOException {
    x.getResponseHeaders().add("Location", to);
    x.sendResponseHeaders(302, -1);
  }

  private static void ranged(HttpExchange x, byte[] content) throws IOException {
    String range = x.getRequestHeaders().getFirst("Range");
    if (range == null) {
      whole(x, 200, content);
      return;
    }
    String[] ends = range.substring("bytes=".length()).split("-", -1);
    int from = Integer.parseInt(ends[0]);
    int to =
        ends[1].isEmpty()
            ? content.length
            : Math.min(content.length, Integer.parseInt(ends[1]) + 1);
    if (from >= content.length) {
      whole(x, 416, new byte[0]);
      return;
    }
    x.getResponseHeaders()
        .add("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + content.length);
    whole(x, 206, Arrays.copyOfRange(content, from, to));
  }

  private static void whole(HttpExchange x, int status, byte[] content) throws IOException {
    x.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
    if (content.length > 0) {
      x.getResponseBody().write(content);
    }
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
  }
}
