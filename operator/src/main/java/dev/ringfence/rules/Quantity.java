package dev.ringfence.rules;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An amount as Kubernetes writes it (apimachinery, resource.Quantity): a decimal number with a
 * suffix of n u m k M G T P E or Ki Mi Gi Ti Pi Ei, or a decimal exponent.
 *
 * @param value exact, in units (bytes, cores)
 */
public record Quantity(BigDecimal value) implements Comparable<Quantity> {
  private static final Pattern FORM =
      Pattern.compile(
          "(?<number>[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+))(?<suffix>(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,3})?)");
  private static final Map<String, BigDecimal> FACTORS =
      Map.ofEntries(
          Map.entry("", BigDecimal.ONE),
          Map.entry("n", new BigDecimal("1e-9")),
          Map.entry("u", new BigDecimal("1e-6")),
          Map.entry("m", new BigDecimal("1e-3")),
          Map.entry("k", new BigDecimal("1e3")),
          Map.entry("M", new BigDecimal("1e6")),
          Map.entry("G", new BigDecimal("1e9")),
          Map.entry("T", new BigDecimal("1e12")),
          Map.entry("P", new BigDecimal("1e15")),
          Map.entry("E", new BigDecimal("1e18")),
          Map.entry("Ki", BigDecimal.valueOf(2).pow(10)),
          Map.entry("Mi", BigDecimal.valueOf(2).pow(20)),
          Map.entry("Gi", BigDecimal.valueOf(2).pow(30)),
          Map.entry("Ti", BigDecimal.valueOf(2).pow(40)),
          Map.entry("Pi", BigDecimal.valueOf(2).pow(50)),
          Map.entry("Ei", BigDecimal.valueOf(2).pow(60)));
  private static final BigInteger THOUSAND = BigInteger.valueOf(1000);
  private static final String[] DECIMAL = {"", "k", "M", "G", "T", "P", "E"};

  /** What the API server can hold (2^63 - 1); it silently lowers anything above. */
  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

  private static final String[] BINARY = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};

  /** Empty when the text is no quantity, or longer than any real one. */
  public static Optional<Quantity> parse(String text) {
    if (text.length() > 40) {
      return Optional.empty();
    }
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      return Optional.empty();
    }
    String suffix = m.group("suffix");
    BigDecimal factor = FACTORS.get(suffix);
    if (factor == null) {
      factor = BigDecimal.ONE.scaleByPowerOfTen(Integer.parseInt(suffix.substring(1)));
    }
    BigDecimal value = new BigDecimal(m.group("number")).multiply(factor);
    return value.abs().compareTo(MOST) > 0 ? Optional.empty() : Optional.of(new Quantity(value));
  }

  public static Quantity ofBytes(long bytes) {
    return new Quantity(BigDecimal.valueOf(bytes));
  }

  public boolean positive() {
    return value.signum() > 0;
  }

  public Quantity plus(Quantity other) {
    return new Quantity(value.add(other.value));
  }

  /** Whole bytes, rounded up, at most the largest long. */
  public long bytes() {
    BigInteger i = value.setScale(0, RoundingMode.CEILING).toBigInteger();
    return i.bitLength() > 62 ? Long.MAX_VALUE : i.longValueExact();
  }

  /** The one spelling that the API server gives back for an amount of bytes. */
  public String binary() {
    BigInteger i = value.setScale(0, RoundingMode.CEILING).toBigInteger();
    int power = 0;
    while (power < BINARY.length - 1 && i.signum() != 0 && i.getLowestSetBit() >= 10) {
      i = i.shiftRight(10);
      power++;
    }
    return power > 0 ? i + BINARY[power] : thousands(i); // without a suffix it counts as decimal
  }

  /**
   * The one spelling that the API server gives back for cores: whole, or thousandths rounded up.
   */
  public String decimal() {
    BigDecimal milli = value.movePointRight(3).setScale(0, RoundingMode.CEILING);
    BigInteger[] whole = milli.toBigInteger().divideAndRemainder(BigInteger.valueOf(1000));
    return whole[1].signum() == 0 ? thousands(whole[0]) : milli.toBigInteger() + "m";
  }

  private static String thousands(BigInteger i) {
    int power = 0;
    BigInteger[] next = i.divideAndRemainder(THOUSAND);
    while (power < DECIMAL.length - 1 && i.signum() != 0 && next[1].signum() == 0) {
      i = next[0];
      next = i.divideAndRemainder(THOUSAND);
      power++;
    }
    return i + DECIMAL[power];
  }

  @Override
  public int compareTo(Quantity other) {
    return value.compareTo(other.value);
  }
}
