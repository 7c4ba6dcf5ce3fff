package dev.ringfence.guard.fetch;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** How far away an address is, from the outside in. */
enum Network {
  /** The internet. */
  PUBLIC,
  /** A company's own network, a cluster's Services. */
  PRIVATE,
  /** This machine. */
  LOOPBACK,
  /** Nobody's hub: link-local, the metadata services of clouds, multicast, no address at all. */
  FORBIDDEN;

  /**
   * Addresses of metadata services that lie elsewhere than link-local (AWS, Alibaba, Oracle,
   * Azure).
   */
  private static final List<byte[]> METADATA =
      List.of(
          literal("fd00:ec2::254"),
          literal("100.100.100.200"),
          literal("192.0.0.192"),
          literal("168.63.129.16"));

  private static final Pattern LITERAL = Pattern.compile("\\[.*]|[0-9.]+");

  private static byte[] literal(String text) {
    try {
      // Of a literal nothing is asked of any name service.
      return InetAddress.getByName(text).getAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The innermost network that the name of an address leads to. */
  static Network of(URI uri) throws UnknownHostException {
    Network inmost = PUBLIC;
    for (InetAddress a : InetAddress.getAllByName(uri.getHost())) {
      Network n = of(a);
      inmost = n.compareTo(inmost) > 0 ? n : inmost;
    }
    return inmost;
  }

  /** Whether the host is an address itself, which no proxy resolves otherwise. */
  static boolean isLiteral(URI uri) {
    return LITERAL.matcher(uri.getHost()).matches();
  }

  static Network of(InetAddress address) {
    byte[] a = address.getAddress();
    if (METADATA.stream().anyMatch(m -> Arrays.equals(m, a))
        || address.isLinkLocalAddress()
        || address.isMulticastAddress()
        || address.isAnyLocalAddress()) {
      return FORBIDDEN;
    }
    if (address.isLoopbackAddress()) {
      return LOOPBACK;
    }
    return a.length == 4 ? four(a) : six(a);
  }

  private static Network four(byte[] a) {
    int first = a[0] & 0xff;
    int second = a[1] & 0xff;
    if (first == 0 || first >= 240) {
      return FORBIDDEN;
    }
    boolean inner =
        first == 10
            || (first == 172 && second >= 16 && second < 32)
            || (first == 192 && second == 168)
            || (first == 100 && second >= 64 && second < 128)
            || (first == 198 && (second == 18 || second == 19))
            || (first == 192 && second == 0 && a[2] == 0);
    return inner ? PRIVATE : PUBLIC;
  }

  private static Network six(byte[] a) {
    int first = a[0] & 0xff;
    // What is wrapped in an address of translation or tunnelling counts as what it is.
    if (first == 0x00 && (a[1] & 0xff) == 0x64 && (a[2] & 0xff) == 0xff && (a[3] & 0xff) == 0x9b) {
      return wrapped(Arrays.copyOfRange(a, 12, 16));
    }
    if (first == 0x20 && a[1] == 0x02) {
      return wrapped(Arrays.copyOfRange(a, 2, 6));
    }
    if (allZero(a, 12)) {
      return wrapped(Arrays.copyOfRange(a, 12, 16));
    }
    boolean siteLocal = first == 0xfe && (a[1] & 0xc0) == 0xc0;
    return (first & 0xfe) == 0xfc || siteLocal ? PRIVATE : PUBLIC;
  }

  private static boolean allZero(byte[] a, int count) {
    for (int i = 0; i < count; i++) {
      if (a[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static Network wrapped(byte[] four) {
    try {
      return of(InetAddress.getByAddress(four));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
