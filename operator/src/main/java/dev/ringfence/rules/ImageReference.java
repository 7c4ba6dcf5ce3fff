package dev.ringfence.rules;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A container image by digest, in the normal form of the distribution reference grammar: {@code
 * vllm/x} and {@code index.docker.io/vllm/x} are {@code docker.io/vllm/x}, a name without a slash
 * is under {@code library/}, and a tag beside a digest says nothing.
 */
public record ImageReference(String repository, String digest) {
  private static final Pattern FORM =
      Pattern.compile(
          "(?<name>[a-z0-9][A-Za-z0-9._:/-]{0,254}?)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?@(?<digest>sha256:[a-f0-9]{64})");
  private static final Pattern HOST =
      Pattern.compile(
          "(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]{1,5})?");
  private static final Pattern COMPONENT =
      Pattern.compile("[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*");

  /** Empty when the text is no image reference or has no digest. */
  public static Optional<ImageReference> parse(String text) {
    Matcher m = FORM.matcher(text);
    if (text.length() > 512 || !m.matches()) {
      return Optional.empty();
    }
    String name = m.group("name");
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    boolean hasHost = first.contains(".") || first.contains(":") || first.equals("localhost");
    String host = hasHost ? first : "docker.io";
    String path = hasHost ? name.substring(slash + 1) : name;
    if (host.equals("index.docker.io")) {
      host = "docker.io";
    }
    if (host.equals("docker.io") && !path.contains("/")) {
      path = "library/" + path;
    }
    boolean wellFormed = HOST.matcher(host).matches() && !path.isEmpty();
    for (String component : path.split("/", -1)) {
      wellFormed = wellFormed && COMPONENT.matcher(component).matches();
    }
    return wellFormed
        ? Optional.of(new ImageReference(host + "/" + path, m.group("digest")))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return repository + "@" + digest;
  }
}
