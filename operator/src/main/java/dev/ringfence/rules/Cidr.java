package dev.ringfence.rules;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** An address range in CIDR notation, IPv4 or IPv6. */
record Cidr(String text, BigInteger address, int bits, int prefix) {
  private static final Pattern FORM =
      Pattern.compile("(?<address>[0-9.]{7,15}|[0-9a-fA-F:.]{2,45})/(?<prefix>[0-9]{1,3})");

  /**
   * Loopback, link-local (with the clouds' metadata addresses), and the IPv6 metadata address of
   * AWS.
   */
  private static final List<String> FORBIDDEN =
      List.of(
          "127.0.0.0/8",
          "169.254.0.0/16",
          "::1/128",
          "fe80::/10",
          "fd00:ec2::/32",
          "100.100.100.200/32");

  static Optional<Cidr> parse(String text) {
    var m = FORM.matcher(text);
    if (!m.matches()) {
      return Optional.empty();
    }
    String literal = m.group("address");
    if (!literal.contains(":") && literal.split("\\.", -1).length != 4) {
      return Optional.empty();
    }
    try {
      // A literal, by the pattern above: no name is looked up.
      byte[] address = InetAddress.getByName(literal).getAddress();
      int prefix = Integer.parseInt(m.group("prefix"));
      boolean mapped = literal.contains(":") && address.length == 4;
      if (mapped
          || prefix > address.length * 8
          || !number(address).and(hostMask(address.length, prefix)).equals(BigInteger.ZERO)) {
        return Optional.empty();
      }
      return Optional.of(new Cidr(text, number(address), address.length * 8, prefix));
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }

  private static BigInteger number(byte[] address) {
    return new BigInteger(1, address);
  }

  private static BigInteger hostMask(int bytes, int prefix) {
    return BigInteger.ONE.shiftLeft(bytes * 8 - prefix).subtract(BigInteger.ONE);
  }

  /** Whether it holds all addresses, or any that no fetch Job may reach. */
  boolean forbidden() {
    return prefix == 0 || FORBIDDEN.stream().map(f -> parse(f).orElseThrow()).anyMatch(this::meets);
  }

  private boolean meets(Cidr other) {
    if (bits != other.bits) {
      return false;
    }
    int shift = bits - Math.min(prefix, other.prefix);
    return address.shiftRight(shift).equals(other.address.shiftRight(shift));
  }

  @Override
  public String toString() {
    return text;
  }
}
