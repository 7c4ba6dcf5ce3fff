package dev.ringfence.rules;

import java.util.regex.Pattern;

/** The closed patterns of names. None begins with a dash, none can hold {@code $(}. */
final class Names {
  /**
   * Of workloads and tenants; {@code --} cannot be part of one, so it separates them in object
   * names.
   */
  static final Pattern WORKLOAD = Pattern.compile("(?=.{1,41}$)[a-z][a-z0-9]*(-[a-z0-9]+)*");

  static final Pattern TENANT = Pattern.compile("(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*");
  static final Pattern SERVED = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,127}");

  /** Of TrustedModels. */
  static final Pattern MODEL = Pattern.compile("(?=.{1,63}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

  /** RFC 1123 label, as namespaces have. */
  static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  /** RFC 1123 subdomain, as Secrets, claims and classes have. */
  static final Pattern SUBDOMAIN =
      Pattern.compile(
          "(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*");

  /**
   * A key of a Secret or ConfigMap; neither {@code .} nor {@code ..} nor what starts with the
   * latter.
   */
  static final Pattern SECRET_KEY = Pattern.compile("(?!\\.\\.)(?!\\.$)[A-Za-z0-9._-]{1,253}");

  /** A label's key with an optional prefix. */
  static final Pattern QUALIFIED =
      Pattern.compile(
          "((?=[^/]{1,253}/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

  /** A label's value; may be empty. */
  static final Pattern LABEL_VALUE =
      Pattern.compile("([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?");

  /** An extended resource: a domain and a name. */
  static final Pattern EXTENDED_RESOURCE =
      Pattern.compile(
          "(?=[^/]{1,253}/)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?");

  private static final Pattern PORT = Pattern.compile("^https?://[^/:]*:([0-9]{1,5})(/|$)");

  /** Whether an address has no port, or one that a connection can have. */
  static boolean portIsPossible(String address) {
    var m = PORT.matcher(address);
    return !m.find()
        || (Integer.parseInt(m.group(1)) >= 1 && Integer.parseInt(m.group(1)) <= 65535);
  }

  private Names() {}
}
