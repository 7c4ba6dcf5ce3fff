package dev.ringfence.guard.keys;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Reads a folder of keys, laid out as the kubelet mounts a Secret or plain. One line that is not a
 * key makes the whole folder unusable: the public lines of a certificate must never become keys.
 */
public final class KeyFolder {

  /** Why a folder of keys is unusable: names the entry, never its content. */
  public static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message, null, false, false);
    }

    public String reason() {
      return String.valueOf(getMessage());
    }
  }

  private static final int MOST_ENTRIES = 1000;
  private static final int MOST_LINES = 4;

  /** Four lines of the longest key, and some blank ones. */
  private static final int MOST_BYTES = 4096;

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Set<String> OTHER_SECRETS =
      Set.of(
          "tls.crt",
          "tls.key",
          "ca.crt",
          "token",
          "namespace",
          ".dockerconfigjson",
          "username",
          "password",
          "ssh-privatekey");

  private KeyFolder() {}

  /** Reads all entries, or says why none can be used. */
  public static KeyRing read(Path folder) throws Unusable {
    SortedMap<String, List<byte[]>> entries = new TreeMap<>();
    Path data = folder.resolve("..data");
    try {
      // One look at the link: what is read then belongs together.
      Path source = Files.isSymbolicLink(data) ? data.toRealPath() : folder;
      List<Path> files = new ArrayList<>();
      try (DirectoryStream<Path> list = Files.newDirectoryStream(source)) {
        for (Path file : list) {
          if (!name(file).startsWith("..")) {
            files.add(file);
          }
        }
      }
      if (files.size() > MOST_ENTRIES) {
        throw new Unusable("there are more than " + MOST_ENTRIES + " entries");
      }
      for (Path file : files) {
        String name = name(file);
        if (!ID.matcher(name).matches()) {
          throw new Unusable(
              "an entry has a name that is no key id (1 to 64 letters, digits, '.', '_', '-')");
        }
        if (OTHER_SECRETS.contains(name)) {
          throw new Unusable("entry " + name + " belongs to another kind of Secret");
        }
        entries.put(name, lines(name, bytes(name, file)));
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      throw new Unusable("the folder of keys cannot be read");
    }
    return KeyRing.of(entries);
  }

  private static String name(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString();
  }

  private static byte[] bytes(String name, Path file) throws IOException, Unusable {
    if (!Files.isRegularFile(file)) {
      throw new Unusable("entry " + name + " is not a file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] content = in.readNBytes(MOST_BYTES + 1);
      if (content.length > MOST_BYTES) {
        throw new Unusable("entry " + name + " is too long to hold keys");
      }
      return content;
    }
  }

  /** The digests of an entry's lines; what was read is overwritten. */
  private static List<byte[]> lines(String name, byte[] content) throws Unusable {
    List<byte[]> digests = new ArrayList<>(2);
    int from = 0;
    for (int i = 0; i <= content.length; i++) {
      if (i < content.length && content[i] != '\n') {
        continue;
      }
      if (!blank(content, from, i)) {
        if (digests.size() == MOST_LINES) {
          throw new Unusable("entry " + name + " has more than " + MOST_LINES + " lines");
        }
        digests.add(digest(name, content, from, i));
      }
      from = i + 1;
    }
    Arrays.fill(content, (byte) 0);
    return digests;
  }

  private static boolean blank(byte[] content, int from, int to) {
    for (int i = from; i < to; i++) {
      if (content[i] != ' ' && content[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  private static byte[] digest(String name, byte[] content, int from, int to) throws Unusable {
    int length = to - from;
    byte[] prefix = {'s', 'h', 'a', '2', '5', '6', ':'};
    if (length == prefix.length + 64
        && Arrays.equals(content, from, from + prefix.length, prefix, 0, prefix.length)) {
      try {
        return HexFormat.of()
            .parseHex(
                new String(
                    content,
                    from + prefix.length,
                    64,
                    java.nio.charset.StandardCharsets.ISO_8859_1));
      } catch (IllegalArgumentException e) {
        throw noKey(name);
      }
    }
    if (length < 32 || length > 200) {
      throw noKey(name);
    }
    for (int i = from; i < to; i++) {
      byte c = content[i];
      if (!((c >= 'A' && c <= 'Z')
          || (c >= 'a' && c <= 'z')
          || (c >= '0' && c <= '9')
          || c == '_'
          || c == '-')) {
        throw noKey(name);
      }
    }
    java.security.MessageDigest sha = KeyRing.sha256();
    sha.update(content, from, length);
    return sha.digest();
  }

  private static Unusable noKey(String name) {
    return new Unusable(
        "entry "
            + name
            + " holds a line that is no key (sha256:<64 hex>, or 32 to 200 letters, digits, '_', '-')");
  }
}
