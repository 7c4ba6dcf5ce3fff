package dev.ringfence.guard.answer;

import dev.ringfence.guard.json.Bytes;

/** Takes a stream of server-sent events apart; an event is never held beyond its bound. */
public final class Events {
  /** Bytes of one event. */
  private static final int MOST_BYTES = 256 * 1024;

  /** Takes what is found: the data of one event. */
  public interface Sink {
    void event(byte[] data, int size);
  }

  /** An event is too long to be held. */
  public static final class TooLong extends Exception {
    private static final long serialVersionUID = 1L;

    TooLong() {
      super("event too long", null, false, false);
    }
  }

  private final Bytes line = new Bytes();
  private final Bytes data = new Bytes();
  private boolean any;

  /** Reads on. */
  public void feed(byte[] in, int from, int to, Sink sink) throws TooLong {
    int at = from;
    while (at < to) {
      int lf = at;
      while (lf < to && in[lf] != '\n') {
        lf++;
      }
      if (line.size() + data.size() + lf - at > MOST_BYTES) {
        throw new TooLong();
      }
      line.add(in, at, lf - at);
      if (lf == to) {
        return;
      }
      at = lf + 1;
      int size = line.size();
      if (size > 0 && line.at(size - 1) == '\r') {
        size--;
      }
      line(size, sink);
      line.clear();
    }
  }

  private void line(int size, Sink sink) {
    if (size == 0) {
      if (any) {
        sink.event(data.array(), data.size());
        data.clear();
        any = false;
      }
      return;
    }
    // Names, ids, retry times and comments of the engine do not pass; the guard writes its own.
    if (size >= 5
        && line.at(0) == 'd'
        && line.at(1) == 'a'
        && line.at(2) == 't'
        && line.at(3) == 'a'
        && line.at(4) == ':') {
      int from = size > 5 && line.at(5) == ' ' ? 6 : 5;
      if (any) {
        data.add('\n');
      }
      data.add(line.array(), from, size - from);
      any = true;
    }
  }
}
