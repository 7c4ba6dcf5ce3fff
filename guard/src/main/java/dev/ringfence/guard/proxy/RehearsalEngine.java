package dev.ringfence.guard.proxy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Stands in for an engine while the guard rehearses: it answers every request with the same few
 * words, whole or as a stream. No client's request ever reaches it.
 */
final class RehearsalEngine implements AutoCloseable {
  private static final int EVENTS = 6;
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":5,\"total_tokens\":10}";
  private static final byte[] WHOLE =
      whole(
          "{\"id\":\"x\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"x\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"The river is wide.\"},\"text\":\"The river is wide.\",\"logprobs\":null,\"finish_reason\":\"stop\"}],"
              + USAGE
              + "}");
  private static final byte[] STREAM = stream();

  private final UnixDomainSocketAddress address;
  private final ServerSocketChannel server;

  RehearsalEngine(Path socket) throws IOException {
    address = UnixDomainSocketAddress.of(socket);
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(address, 16);
    Thread.ofPlatform().name("rehearsal-engine").daemon().start(this::accept);
  }

  UnixDomainSocketAddress address() {
    return address;
  }

  private static byte[] whole(String body) {
    return bytes(
        "HTTP/1.1 200 OK\r\nserver: uvicorn\r\ncontent-type: application/json\r\ncontent-length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  private static byte[] stream() {
    StringBuilder out =
        new StringBuilder(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n");
    for (int i = 0; i < EVENTS; i++) {
      chunk(
          out,
          "data: {\"id\":\"x\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" river\"},\"text\":\" river\",\"logprobs\":null,\"finish_reason\":"
              + (i == EVENTS - 1 ? "\"stop\"" : "null")
              + "}]}\n\n");
    }
    chunk(out, "data: {\"id\":\"x\",\"created\":1,\"choices\":[]," + USAGE + "}\n\n");
    chunk(out, "data: [DONE]\n\n");
    return bytes(out.append("0\r\n\r\n").toString());
  }

  private static void chunk(StringBuilder out, String text) {
    out.append(Integer.toHexString(text.length())).append("\r\n").append(text).append("\r\n");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** One connection after another is enough: the guard keeps the one it has. */
  private void accept() {
    while (true) {
      try (SocketChannel c = server.accept()) {
        serve(c);
      } catch (IOException e) {
        if (!server.isOpen()) {
          return;
        }
      }
    }
  }

  private static void serve(SocketChannel c) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(64 * 1024);
    while (c.read(in) >= 0) {
      String text = new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
      int end = text.indexOf("\r\n\r\n");
      int length = text.indexOf("Content-Length: ");
      if (end < 0
          || length < 0
          || text.length()
              < end
                  + 4
                  + Integer.parseInt(text.substring(length + 16, text.indexOf('\r', length)))) {
        continue;
      }
      in.clear();
      ByteBuffer out = ByteBuffer.wrap(text.indexOf("\"stream\":true", end) > 0 ? STREAM : WHOLE);
      while (out.hasRemaining()) {
        c.write(out);
      }
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
