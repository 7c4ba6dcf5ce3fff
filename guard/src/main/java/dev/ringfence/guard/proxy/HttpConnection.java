package dev.ringfence.guard.proxy;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.http.Chunks;
import dev.ringfence.guard.http.Refusal;
import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.http.RequestHead;
import dev.ringfence.guard.json.Bytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a client: reads requests one after another, hands each to its service, writes
 * what the service answers.
 */
final class HttpConnection implements Loop.Owner {

  /** What serves the requests of a port. */
  interface Service {
    /** A head arrived. The service answers at once, or returns what takes the body. */
    @Nullable Exchange head(HttpConnection connection, RequestHead head);

    /** The head or the framing of a request cannot be read: the connection ends with this. */
    void malformed(HttpConnection connection, Refusal refusal);

    /** The open connections of the port, this one among them. */
    Connections connections();
  }

  /** One request that was let in. */
  interface Exchange {
    /** Bytes that the body may have. */
    int mostBytes();

    /** The body is complete. */
    void body(Bytes body);

    /** The body broke a rule of framing, size or time. */
    void broken(Refusal refusal);

    /** The client went away. */
    void gone();

    /** What was held back has been sent. */
    void drained();
  }

  private enum State {
    HEAD,
    BODY,
    BUSY,
    LINGER,
    CLOSED
  }

  private static final long SECOND = 1_000_000_000L;
  private static final long FIRST_BYTE = 30 * SECOND;
  private static final long HEAD = 10 * SECOND;
  private static final long BODY = 10 * SECOND;
  private static final long IDLE = 75 * SECOND;
  private static final long AGE = 600 * SECOND;
  private static final long LINGER = 2 * SECOND;
  private static final long STALLED = 60 * SECOND;
  private static final int MOST_AHEAD = 64 * 1024;

  /** Held back for a client that reads slowly, before the engine is held back. */
  static final int HIGH_WATER = 64 * 1024;

  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private final Loop loop;
  private final SocketChannel channel;
  private final Wire wire;
  private final Service service;
  private final SelectionKey key;
  private final InetAddress peer;
  private final long born = System.nanoTime();

  private State state = State.HEAD;
  private final Bytes in = new Bytes();
  private final Bytes out = new Bytes();
  private @Nullable Exchange exchange;
  private @Nullable RequestHead head;
  private Bytes body = new Bytes();
  private Chunks chunks = new Chunks();
  private boolean served;
  private boolean heldBack;
  private boolean closing;
  private boolean running;
  private long deadline;
  private int holds;
  private long progress = born;

  HttpConnection(Loop loop, SocketChannel channel, Wire wire, Service service) throws IOException {
    this.loop = loop;
    this.channel = channel;
    this.wire = wire;
    this.service = service;
    this.key = loop.register(channel, SelectionKey.OP_READ, this);
    this.peer =
        channel.getRemoteAddress() instanceof InetSocketAddress a
            ? a.getAddress()
            : InetAddress.getLoopbackAddress();
    this.deadline = born + FIRST_BYTE;
  }

  InetAddress peer() {
    return peer;
  }

  boolean isClosed() {
    return state == State.CLOSED;
  }

  /** Whether it waits for a request. */
  boolean isIdle() {
    return state == State.HEAD && in.size() == 0;
  }

  /** Bytes that its buffers take now. */
  int holds() {
    return holds;
  }

  /** When (nanoseconds) it last sent a byte, or had a whole request. */
  long progress() {
    return progress;
  }

  /** Ends it without a word: others need what it holds. */
  void drop() {
    gone();
  }

  /** Tells what its buffers take; it may be the one that has to let go. */
  private void account() {
    if (state == State.CLOSED) {
      return;
    }
    int now = in.capacity() + out.capacity() + wire.holds();
    int more = now - holds;
    holds = now;
    Connections all = service.connections();
    all.hold(more);
    if (more > 0 && all.relieve(this)) {
      // Not from here: it is in the middle of its work.
      loop.execute(this::gone);
    }
  }

  // --- readiness and time

  @Override
  public void ready(SelectionKey ready) {
    try {
      if (ready.isWritable()) {
        flush();
      }
      if (state != State.CLOSED && ready.isReadable()) {
        read();
      }
    } catch (IOException e) {
      gone();
    }
    account();
  }

  @Override
  public void crashed() {
    running = false;
    gone();
  }

  /** Looks at the clock; called ten times a second. */
  void tick(long now) {
    if (state == State.CLOSED) {
      return;
    }
    in.trim();
    out.trim();
    account();
    if (now - deadline < 0) {
      return;
    }
    switch (state) {
      case HEAD -> {
        if (in.size() == 0 || out.size() > 0) {
          close();
        } else {
          malformed(Refusal.of(408, Rule.ENDPOINTS, "the request's head took longer than 10 s"));
        }
      }
      case BODY ->
          fail(Refusal.of(408, Rule.ENDPOINTS, "the request's body took longer than 10 s"));
      case BUSY -> {
        if (out.size() > 0) {
          gone();
        } else {
          deadline = now + STALLED;
        }
      }
      case LINGER, CLOSED -> close();
    }
  }

  private void read() throws IOException {
    int n = wire.read();
    if (n < 0) {
      gone();
      return;
    }
    if (n == 0 || state == State.LINGER) {
      return;
    }
    switch (state) {
      case HEAD, BUSY -> {
        if (state == State.HEAD && in.size() == 0) {
          deadline = System.nanoTime() + HEAD;
        }
        in.add(loop.bytes, 0, n);
      }
      case BODY -> bodyBytes(loop.bytes, 0, n);
      case LINGER, CLOSED -> {}
    }
    process();
    interest();
  }

  /**
   * Takes requests out of what was read, as long as there are whole ones and the client takes what
   * it is answered: one that asks on without reading fills its own buffers, not ours.
   */
  private void process() {
    if (running) {
      return;
    }
    running = true;
    try {
      while (state == State.HEAD && in.size() > 0 && out.size() == 0) {
        RequestHead.Parsed parsed;
        try {
          parsed = RequestHead.parse(in.array(), in.size());
        } catch (Refused e) {
          malformed(e.refusal());
          return;
        }
        if (parsed == null) {
          return;
        }
        in.dropFirst(parsed.end());
        begin(parsed.head());
      }
    } finally {
      running = false;
    }
  }

  private void begin(RequestHead h) {
    head = h;
    state = State.BUSY;
    progress = System.nanoTime();
    deadline = progress + STALLED;
    Exchange x = service.head(this, h);
    if (x == null || state != State.BUSY) {
      return;
    }
    exchange = x;
    if (!h.hasBody()) {
      x.body(new Bytes());
      return;
    }
    if (h.contentLength() > x.mostBytes()) {
      fail(tooLarge());
      return;
    }
    state = State.BODY;
    deadline = System.nanoTime() + BODY;
    body = new Bytes(h.chunked() ? 0 : (int) Math.min(h.contentLength(), 64 * 1024));
    chunks = new Chunks();
    if (h.expectContinue() && in.size() == 0) {
      send(CONTINUE, CONTINUE.length);
    }
    if (in.size() > 0) {
      int used = bodyBytes(in.array(), 0, in.size());
      in.dropFirst(Math.min(used, in.size()));
    }
  }

  private static Refusal tooLarge() {
    return Refusal.of(413, Rule.REQUEST_FIELDS, "the body is too large");
  }

  /**
   * Takes bytes of a body; what is behind it is kept when it came from the socket. Returns how many
   * were used.
   */
  private int bodyBytes(byte[] source, int from, int to) {
    Exchange x = exchange;
    RequestHead h = head;
    if (x == null || h == null) {
      throw new IllegalStateException();
    }
    int used;
    boolean complete;
    if (h.chunked()) {
      try {
        used = chunks.feed(source, from, to, (d, a, b) -> body.add(d, a, b - a));
      } catch (Chunks.Malformed e) {
        fail(Refusal.of(400, Rule.ENDPOINTS, "the chunks of the body are malformed"));
        return to;
      }
      complete = chunks.done();
      if (body.size() > x.mostBytes()) {
        fail(tooLarge());
        return to;
      }
    } else {
      int missing = (int) h.contentLength() - body.size();
      used = from + Math.min(missing, to - from);
      body.add(source, from, used - from);
      complete = body.size() == h.contentLength();
    }
    if (source == loop.bytes && used < to) {
      in.add(source, used, to - used);
    }
    if (complete) {
      state = State.BUSY;
      progress = System.nanoTime();
      deadline = progress + STALLED;
      Bytes whole = body;
      body = new Bytes();
      // The engine may answer within this very call, and the next request begin: nothing after it
      // may use this one's fields.
      if (source == loop.bytes) {
        x.body(whole);
      } else {
        int taken = used;
        in.dropFirst(Math.min(taken, in.size()));
        x.body(whole);
        return 0;
      }
    }
    return used;
  }

  // --- ends

  /** The head cannot be read: one answer, then the end. */
  private void malformed(Refusal refusal) {
    closing = true;
    state = State.BUSY;
    service.malformed(this, refusal);
  }

  /** The body cannot be read. */
  private void fail(Refusal refusal) {
    closing = true;
    state = State.BUSY;
    body = new Bytes();
    Exchange x = exchange;
    if (x != null) {
      x.broken(refusal);
    }
  }

  private void gone() {
    if (state == State.CLOSED) {
      return;
    }
    Exchange x = exchange;
    exchange = null;
    close();
    if (x != null) {
      x.gone();
    }
  }

  void close() {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    key.cancel();
    try {
      channel.close();
    } catch (IOException e) {
      // It is gone either way.
    }
    Connections all = service.connections();
    all.hold(-holds);
    holds = 0;
    all.remove(this);
  }

  // --- writing, called by the service

  /** Whether the answer that is about to be written has to say that the connection ends. */
  boolean willClose() {
    RequestHead h = head;
    boolean unread = h != null && exchange == null && h.hasBody() && !skippable(h);
    if ((h != null && h.close()) || unread || System.nanoTime() - born > AGE) {
      closing = true;
    }
    return closing;
  }

  void closeAfterAnswer() {
    closing = true;
  }

  /** Whether the body of a refused request is here already, so that it can be stepped over. */
  private boolean skippable(RequestHead h) {
    return !h.chunked() && in.size() >= h.contentLength();
  }

  /** Sends bytes, or holds them until the client takes them. */
  void send(byte[] data, int count) {
    if (state == State.CLOSED) {
      return;
    }
    try {
      int n = out.size() == 0 ? wire.write(data, 0, count) : 0;
      if (n < count) {
        if (out.size() == 0) {
          deadline = System.nanoTime() + STALLED;
        }
        out.add(data, n, count - n);
      }
      if (n > 0) {
        progress = System.nanoTime();
      }
      interest();
      account();
    } catch (IOException e) {
      // The exchange learns of it in its own turn, not in the middle of its work.
      loop.execute(this::gone);
    }
  }

  boolean isHeldBack() {
    if (out.size() > HIGH_WATER) {
      heldBack = true;
    }
    return heldBack;
  }

  private void flush() throws IOException {
    if (out.size() > 0) {
      int n = wire.write(out.array(), 0, out.size());
      if (n > 0) {
        out.dropFirst(n);
        progress = System.nanoTime();
        deadline = progress + STALLED;
      }
    }
    boolean empty = wire.flush() && out.size() == 0;
    if (empty && state == State.LINGER && closing) {
      endOutput();
    }
    if (heldBack && out.size() < HIGH_WATER / 4) {
      heldBack = false;
      Exchange x = exchange;
      if (x != null) {
        x.drained();
      }
    }
    if (empty && state == State.HEAD && in.size() > 0) {
      deadline = System.nanoTime() + HEAD;
      process();
    }
    interest();
  }

  private void interest() {
    if (state == State.CLOSED || !key.isValid()) {
      return;
    }
    int ops = 0;
    if (in.size() < MOST_AHEAD && (state != State.HEAD || out.size() == 0)) {
      ops |= SelectionKey.OP_READ;
    }
    boolean unsent;
    try {
      unsent = out.size() > 0 || !wire.flush();
    } catch (IOException e) {
      loop.execute(this::gone);
      return;
    }
    if (unsent) {
      ops |= SelectionKey.OP_WRITE;
    }
    if (key.interestOps() != ops) {
      key.interestOps(ops);
    }
  }

  /** The answer is complete. */
  void finished() {
    RequestHead h = head;
    Exchange x = exchange;
    exchange = null;
    head = null;
    served = true;
    if (state == State.CLOSED) {
      return;
    }
    if (closing) {
      state = State.LINGER;
      deadline = System.nanoTime() + LINGER;
      in.clear();
      if (out.size() == 0) {
        endOutput();
      }
      interest();
      return;
    }
    if (x == null && h != null && h.hasBody()) {
      in.dropFirst((int) h.contentLength());
    }
    state = State.HEAD;
    deadline = System.nanoTime() + (out.size() > 0 ? STALLED : in.size() > 0 ? HEAD : IDLE);
    // Not from here: an answer that is written at once must not nest requests into each other.
    if (!running && in.size() > 0) {
      loop.execute(
          () -> {
            process();
            interest();
            account();
          });
    }
  }

  /**
   * Everything is sent: says so, and waits a little for the client to close, so that it gets the
   * answer.
   */
  private void endOutput() {
    try {
      if (wire.flush()) {
        wire.shutdownOutput();
      }
    } catch (IOException e) {
      close();
    }
  }

  /** Whether a request was served on it. */
  boolean hasServed() {
    return served;
  }

  Optional<RequestHead> request() {
    return Optional.ofNullable(head);
  }
}
