package dev.ringfence.guard.engine;

import dev.ringfence.guard.http.Chunks;
import dev.ringfence.guard.http.ResponseHead;
import dev.ringfence.guard.json.Bytes;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * Asks the engine on the guard's own account, one connection a question, with a time limit over all
 * of it. Blocks.
 */
public final class EngineClient {

  /** What the engine answered; never compared. */
  @SuppressWarnings("ArrayRecordComponent")
  public record Answer(int status, byte[] body) {}

  /** There is no answer that could be read. */
  public static final class NoAnswer extends Exception {
    private static final long serialVersionUID = 1L;
    private final boolean slow;

    NoAnswer(String message, boolean slow) {
      super(message, null, false, false);
      this.slow = slow;
    }

    /** Whether the engine was there, but took too long. */
    public boolean slow() {
      return slow;
    }
  }

  private static final int MOST_BYTES = 8 * 1024 * 1024;

  private final UnixDomainSocketAddress address;

  public EngineClient(UnixDomainSocketAddress address) {
    this.address = address;
  }

  public Answer get(String path, int millis) throws NoAnswer {
    return call("GET", path, new byte[0], millis);
  }

  public Answer post(String path, byte[] body, int millis) throws NoAnswer {
    return call("POST", path, body, millis);
  }

  private Answer call(String method, String path, byte[] body, int millis) throws NoAnswer {
    long deadline = System.nanoTime() + millis * 1_000_000L;
    String head = method + " " + path + " HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n";
    if (body.length > 0) {
      head += "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n";
    }
    Bytes request = new Bytes().ascii(head).ascii("\r\n").add(body);
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Selector selector = Selector.open()) {
      channel.configureBlocking(false);
      if (!channel.connect(address)) {
        throw new NoAnswer("the engine takes no connection", true);
      }
      SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
      ByteBuffer out = ByteBuffer.wrap(request.array(), 0, request.size());
      while (out.hasRemaining()) {
        if (channel.write(out) == 0) {
          await(selector, deadline);
        }
      }
      key.interestOps(SelectionKey.OP_READ);
      return read(channel, selector, deadline);
    } catch (IOException | ResponseHead.Malformed | Chunks.Malformed e) {
      throw new NoAnswer("the engine does not answer", false);
    }
  }

  private static void await(Selector selector, long deadline) throws IOException, NoAnswer {
    long left = (deadline - System.nanoTime()) / 1_000_000;
    if (left <= 0 || selector.select(left) == 0) {
      throw new NoAnswer("the engine took too long", true);
    }
    selector.selectedKeys().clear();
  }

  private static Answer read(SocketChannel channel, Selector selector, long deadline)
      throws IOException, NoAnswer, ResponseHead.Malformed, Chunks.Malformed {
    Bytes in = new Bytes();
    Bytes body = new Bytes();
    Chunks chunks = new Chunks();
    ResponseHead head = null;
    ByteBuffer buffer = ByteBuffer.allocate(16 * 1024);
    while (true) {
      await(selector, deadline);
      int n = channel.read(buffer.clear());
      if (n < 0) {
        if (head != null && !head.chunked() && head.contentLength() < 0) {
          return new Answer(head.status(), body.toArray());
        }
        throw new NoAnswer("the engine closed the connection", false);
      }
      in.add(buffer.array(), 0, n);
      while (head == null) {
        ResponseHead.Parsed parsed = ResponseHead.parse(in.array(), in.size());
        if (parsed == null) {
          break;
        }
        in.dropFirst(parsed.end());
        if (parsed.head().status() >= 200) {
          head = parsed.head();
        }
      }
      if (head == null) {
        continue;
      }
      if (head.chunked()) {
        in.dropFirst(chunks.feed(in.array(), 0, in.size(), (d, a, b) -> body.add(d, a, b - a)));
        if (chunks.done()) {
          return new Answer(head.status(), body.toArray());
        }
      } else {
        body.add(in.array(), 0, in.size());
        in.clear();
        if (head.contentLength() >= 0 && body.size() >= head.contentLength()) {
          return new Answer(head.status(), body.toArray());
        }
      }
      if (body.size() > MOST_BYTES) {
        throw new NoAnswer("the engine's answer is too large", false);
      }
    }
  }

  /** A text of the engine's, fit to be shown: printable ASCII, at most 80 characters. */
  static String shown(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length() && out.length() < 80; i++) {
      char c = text.charAt(i);
      out.append(c >= 0x20 && c < 0x7f ? c : '?');
    }
    return out.toString();
  }

  static String utf8(byte[] text) {
    return new String(text, StandardCharsets.UTF_8);
  }
}
