package dev.ringfence.input;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What a plain scalar means to kubectl (sigs.k8s.io/yaml, goyaml.v2/resolve.go). */
final class YamlScalars {
  private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
  private static final Map<String, Boolean> BOOLEANS =
      Map.ofEntries(
          Map.entry("y", true),
          Map.entry("Y", true),
          Map.entry("yes", true),
          Map.entry("Yes", true),
          Map.entry("YES", true),
          Map.entry("true", true),
          Map.entry("True", true),
          Map.entry("TRUE", true),
          Map.entry("on", true),
          Map.entry("On", true),
          Map.entry("ON", true),
          Map.entry("n", false),
          Map.entry("N", false),
          Map.entry("no", false),
          Map.entry("No", false),
          Map.entry("NO", false),
          Map.entry("false", false),
          Map.entry("False", false),
          Map.entry("FALSE", false),
          Map.entry("off", false),
          Map.entry("Off", false),
          Map.entry("OFF", false));
  private static final Pattern NOT_A_NUMBER =
      Pattern.compile("\\.(nan|NaN|NAN)|[-+]?\\.(inf|Inf|INF)");
  private static final Pattern INTEGER =
      Pattern.compile(
          "(?<sign>[-+]?)(?:0[xX](?<hex>[0-9a-fA-F]+)|0[bB](?<binary>[01]+)|0[oO]?(?<octal>[0-7]+)|(?<decimal>0|[1-9][0-9]*))");
  private static final Pattern FLOAT =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
  private static final BigInteger MOST = BigInteger.TWO.pow(64);
  private static final BigInteger LEAST = BigInteger.TWO.pow(63).negate();

  private YamlScalars() {}

  /** Empty for infinities and NaN, which JSON does not have. */
  static Optional<JsonNode> plain(String text) {
    if (NULLS.contains(text)) {
      return Optional.of(NullNode.getInstance());
    }
    Boolean bool = BOOLEANS.get(text);
    if (bool != null) {
      return Optional.of(BooleanNode.valueOf(bool));
    }
    if (NOT_A_NUMBER.matcher(text).matches()) {
      return Optional.empty();
    }
    char first = text.charAt(0);
    boolean number = (first >= '0' && first <= '9') || first == '+' || first == '-' || first == '.';
    return Optional.of(
        number ? number(text).orElseGet(() -> TextNode.valueOf(text)) : TextNode.valueOf(text));
  }

  static Optional<JsonNode> number(String text) {
    if (text.length() > 400) {
      return Optional.empty();
    }
    String plain = text.charAt(0) == '.' ? text : text.replace("_", "");
    var m = INTEGER.matcher(plain);
    if (m.matches()) {
      BigInteger value = magnitude(m);
      BigInteger signed = m.group("sign").equals("-") ? value.negate() : value;
      if (signed.compareTo(LEAST) >= 0 && signed.compareTo(MOST) < 0) {
        return Optional.of(BigIntegerNode.valueOf(signed));
      }
    }
    if (FLOAT.matcher(plain).matches()) {
      double value = Double.parseDouble(plain);
      // Out of range is an error of strconv.ParseFloat, and the text stays a string.
      return Double.isInfinite(value)
          ? Optional.empty()
          : Optional.of(DecimalNode.valueOf(new BigDecimal(Double.toString(value))));
    }
    return Optional.empty();
  }

  private static BigInteger magnitude(java.util.regex.Matcher m) {
    if (m.group("hex") != null) {
      return new BigInteger(m.group("hex"), 16);
    }
    if (m.group("binary") != null) {
      return new BigInteger(m.group("binary"), 2);
    }
    if (m.group("octal") != null) {
      return new BigInteger(m.group("octal"), 8);
    }
    return new BigInteger(m.group("decimal"));
  }
}
