package dev.ringfence.guard.fuzz;

import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.http.RequestHead;
import java.util.Arrays;
import java.util.Objects;

/** The head of a request: refused, incomplete, or read, and the same however it arrives. */
public final class HeadFuzz {
  private HeadFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    RequestHead.Parsed whole = parse(input, input.length);
    if (whole == null) {
      return;
    }
    RequestHead head = whole.head();
    if (whole.end() > input.length
        || (head.chunked() && head.contentLength() >= 0)
        || head.contentLength() < -1
        || head.target().isEmpty()
        || head.target().charAt(0) != '/'
        || !head.target().chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
      throw new AssertionError("a head that no request has");
    }
    // Byte by byte: nothing before its end, and the same at it.
    if (parse(input, whole.end() - 1) != null) {
      throw new AssertionError("a head that ends before its end");
    }
    RequestHead.Parsed alone = parse(Arrays.copyOf(input, whole.end()), whole.end());
    if (!Objects.equals(alone, whole)) {
      throw new AssertionError("what stands behind a head changes it");
    }
  }

  private static RequestHead.@org.jspecify.annotations.Nullable Parsed parse(byte[] in, int size) {
    try {
      return RequestHead.parse(in, size);
    } catch (Refused e) {
      if (e.refusal().status() != 400 && e.refusal().status() != 431) {
        throw new AssertionError("a refusal that is none", e);
      }
      return null;
    }
  }
}
