package dev.ringfence.guard.http;

/**
 * Takes a chunked body apart, strictly: sizes of hex digits, CR LF everywhere, no extensions, no
 * trailers.
 */
public final class Chunks {

  /** Takes what is found. */
  public interface Sink {
    void data(byte[] in, int from, int to);
  }

  /** What is not a chunked body. */
  public static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    Malformed() {
      super("malformed chunk", null, false, false);
    }
  }

  private enum State {
    SIZE,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LAST_CR,
    LAST_LF,
    DONE
  }

  private State state = State.SIZE;
  private long size;
  private int digits;

  /** Whether the body is complete. */
  public boolean done() {
    return state == State.DONE;
  }

  /** Reads on; returns the index behind what belongs to this body. */
  public int feed(byte[] in, int from, int to, Sink sink) throws Malformed {
    int at = from;
    while (at < to && state != State.DONE) {
      if (state == State.DATA) {
        int n = (int) Math.min(size, to - at);
        sink.data(in, at, at + n);
        at += n;
        size -= n;
        if (size == 0) {
          state = State.DATA_CR;
        }
        continue;
      }
      int c = in[at++];
      switch (state) {
        case SIZE -> {
          int digit = Character.digit(c, 16);
          if (c > 0 && c < 0x80 && digit >= 0) {
            if (++digits > 8) {
              throw new Malformed();
            }
            size = size << 4 | digit;
          } else if (c == '\r' && digits > 0) {
            state = State.SIZE_LF;
          } else {
            throw new Malformed();
          }
        }
        case SIZE_LF -> {
          expect(c, '\n');
          digits = 0;
          state = size == 0 ? State.LAST_CR : State.DATA;
        }
        case DATA_CR -> {
          expect(c, '\r');
          state = State.DATA_LF;
        }
        case DATA_LF -> {
          expect(c, '\n');
          state = State.SIZE;
        }
        case LAST_CR -> {
          expect(c, '\r');
          state = State.LAST_LF;
        }
        case LAST_LF -> {
          expect(c, '\n');
          state = State.DONE;
        }
        case DATA, DONE -> throw new IllegalStateException();
      }
    }
    return at;
  }

  private static void expect(int c, char wanted) throws Malformed {
    if (c != wanted) {
      throw new Malformed();
    }
  }
}
