package dev.ringfence.e2e.guard;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands in for an engine on a Unix socket: says of itself what the example contract wants, and
 * answers chats as the prompt asks: {@code [long N]} characters, {@code [stream N]} events, {@code
 * [hang]} until the guard leaves, {@code [die]} in the middle of an answer, {@code [status N]}.
 */
final class StandInEngine implements AutoCloseable {
  private static final Pattern LONG = Pattern.compile("\\[long (\\d+)]");
  private static final Pattern STREAM = Pattern.compile("\\[stream (\\d+)]");
  private static final Pattern STATUS = Pattern.compile("\\[status (\\d+)]");
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}";

  private final UnixDomainSocketAddress address;
  private final ServerSocketChannel server;
  private final String output;

  /** Requests that a client made, and that reached the engine. */
  final AtomicInteger asked = new AtomicInteger();

  /**
   * @param output what every answer says
   */
  StandInEngine(Path socket, String output) throws IOException {
    this.output = output;
    address = UnixDomainSocketAddress.of(socket);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(address, 1024);
    Thread.ofVirtual().start(this::accept);
  }

  UnixDomainSocketAddress address() {
    return address;
  }

  private void accept() {
    while (true) {
      try {
        SocketChannel c = server.accept();
        Thread.ofVirtual().start(() -> serve(c));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(SocketChannel c) {
    try (c) {
      StringBuilder in = new StringBuilder();
      ByteBuffer b = ByteBuffer.allocate(32 * 1024);
      while (true) {
        int end = in.indexOf("\r\n\r\n");
        int length = end < 0 ? 0 : length(in.substring(0, end));
        if (end < 0 || in.length() < end + 4 + length) {
          if (c.read(b.clear()) < 0) {
            return;
          }
          in.append(StandardCharsets.ISO_8859_1.decode(b.flip()));
          continue;
        }
        String path = in.substring(in.indexOf(" ") + 1, in.indexOf(" HTTP"));
        String body = in.substring(end + 4, end + 4 + length);
        in.delete(0, end + 4 + length);
        answer(c, path, body);
      }
    } catch (IOException e) {
      // The guard left.
    }
  }

  private static int length(String head) {
    Matcher m = Pattern.compile("(?i)content-length: (\\d+)").matcher(head);
    return m.find() ? Integer.parseInt(m.group(1)) : 0;
  }

  private void answer(SocketChannel c, String path, String body) throws IOException {
    switch (path) {
      case "/health" -> whole(c, 200, "application/json", "");
      case "/version" -> whole(c, 200, "application/json", "{\"version\":\"0.32.0\"}");
      case "/v1/models" ->
          whole(
              c,
              200,
              "application/json",
              "{\"object\":\"list\",\"data\":[{\"id\":\"support-chat\",\"root\":\"/run/engine/model\",\"max_model_len\":4096}]}");
      case "/metrics" ->
          whole(
              c,
              200,
              "text/plain",
              "vllm:cache_config_info{enable_prefix_caching=\"False\",gpu_memory_utilization=\"0.85\",kv_cache_memory_bytes=\"None\",kv_offloading_size=\"None\",num_cpu_blocks=\"None\"}"
                  + " 1.0\n"
                  + "vllm:requests 1\n"
                  + output
                  + " 1\n");
      default -> {
        asked.incrementAndGet();
        client(c, path, body);
      }
    }
  }

  private void client(SocketChannel c, String path, String body) throws IOException {
    Matcher status = STATUS.matcher(body);
    if (status.find()) {
      whole(
          c,
          Integer.parseInt(status.group(1)),
          "application/json",
          "{\"error\":{\"message\":\"" + output + "\"}}");
      return;
    }
    if (body.contains("[hang]")) {
      c.read(ByteBuffer.allocate(1));
      throw new IOException("the guard left");
    }
    if (body.contains("\"stream\":true")) {
      Matcher n = STREAM.matcher(body);
      stream(c, n.find() ? Integer.parseInt(n.group(1)) : 5, body.contains("[die]"), path);
      return;
    }
    if (body.contains("[die]")) {
      write(
          c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{\"");
      throw new IOException("died as asked");
    }
    Matcher n = LONG.matcher(body);
    String text = n.find() ? "x".repeat(Integer.parseInt(n.group(1))) : output;
    whole(c, 200, "application/json", OpenAiAnswers.whole(path, text, USAGE));
  }

  private void stream(SocketChannel c, int events, boolean dies, String path) throws IOException {
    write(
        c,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (String event : OpenAiAnswers.events(path, output, events, USAGE)) {
      write(c, Integer.toHexString(event.length()) + "\r\n" + event + "\r\n");
      if (dies) {
        throw new IOException("died as asked");
      }
    }
    write(c, "0\r\n\r\n");
  }

  private static void whole(SocketChannel c, int status, String type, String body)
      throws IOException {
    write(
        c,
        "HTTP/1.1 "
            + status
            + " X\r\nContent-Type: "
            + type
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private static void write(SocketChannel c, String text) throws IOException {
    ByteBuffer b = StandardCharsets.ISO_8859_1.encode(text);
    while (b.hasRemaining()) {
      c.write(b);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
