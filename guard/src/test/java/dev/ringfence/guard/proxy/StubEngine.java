package dev.ringfence.guard.proxy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * An engine on a Unix socket that answers chat requests as the prompt asks: {@code [hang]}, {@code
 * [long]}, {@code [stream N]}, {@code [extra]}.
 */
final class StubEngine implements AutoCloseable {
  private final ServerSocketChannel server;
  final List<String> bodies = new CopyOnWriteArrayList<>();
  final CountDownLatch hangs = new CountDownLatch(1);
  final CountDownLatch left = new CountDownLatch(1);

  StubEngine(Path socket) throws IOException {
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket), 64);
    Thread.ofVirtual().start(this::accept);
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
      while (true) {
        int end = in.indexOf("\r\n\r\n");
        int length = end < 0 ? 0 : length(in.substring(0, end));
        if (end < 0 || in.length() < end + 4 + length) {
          ByteBuffer b = ByteBuffer.allocate(65536);
          if (c.read(b) < 0) {
            return;
          }
          in.append(StandardCharsets.ISO_8859_1.decode(b.flip()));
          continue;
        }
        String body = in.substring(end + 4, end + 4 + length);
        in.delete(0, end + 4 + length);
        bodies.add(body);
        answer(c, body);
      }
    } catch (IOException e) {
      left.countDown();
    }
  }

  private static int length(String head) {
    for (String line : head.split("\r\n", -1)) {
      if (line.startsWith("Content-Length: ")) {
        return Integer.parseInt(line.substring(16));
      }
    }
    return 0;
  }

  private void answer(SocketChannel c, String body) throws IOException {
    if (body.contains("[hang]")) {
      hangs.countDown();
      if (c.read(ByteBuffer.allocate(1)) < 0) {
        left.countDown();
        throw new IOException("the guard left");
      }
    }
    if (body.contains("[stream")) {
      int n = Integer.parseInt(body.replaceAll("(?s).*\\[stream (\\d+)].*", "$1"));
      write(
          c,
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < n; i++) {
        chunk(
            c,
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                + i
                + ";\"},\"finish_reason\":null}]}\n\n");
      }
      chunk(
          c,
          "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n");
      write(c, "0\r\n\r\n");
      return;
    }
    String text =
        body.contains("[long]")
            ? "x".repeat(5000)
            : body.contains("[canary]") ? "OUTPUTCANARY" : "fine";
    String out =
        "{\"id\":\"SECRET\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
            + text
            + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4},\"debug\":\"SECRET\"}";
    String whole =
        "HTTP/1.1 200 OK\r\nServer: SECRET\r\nContent-Type: application/json\r\nContent-Length: "
            + out.length()
            + "\r\n\r\n"
            + out;
    write(
        c,
        body.contains("[extra]")
            ? whole
                + "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
            : whole);
  }

  private static void chunk(SocketChannel c, String text) throws IOException {
    write(c, Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
  }

  private static void write(SocketChannel c, String text) throws IOException {
    ByteBuffer b = StandardCharsets.ISO_8859_1.encode(text);
    while (b.hasRemaining()) {
      c.write(b);
    }
  }

  boolean guardLeft() throws InterruptedException {
    return left.await(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
