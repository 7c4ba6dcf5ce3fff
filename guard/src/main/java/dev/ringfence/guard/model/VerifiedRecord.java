package dev.ringfence.guard.model;

import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.json.JsonFault;
import dev.ringfence.guard.json.JsonReader;
import dev.ringfence.guard.json.JsonText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Which weights were read already, and what they were then: device, inode, size, time of the last
 * change of content and of attributes. The last cannot be set by a user, so weights that were
 * exchanged, in place or by a rename, are read again.
 */
public final class VerifiedRecord {
  /**
   * A change within the clock's grain of an earlier one leaves no trace: what is younger than this
   * is not believed.
   */
  private static final long GRAIN_MILLIS = 1000;

  private final Map<String, String> stamps = new LinkedHashMap<>();

  /** Reads a record; one that is missing or unreadable is empty. */
  public static VerifiedRecord read(Path file) {
    VerifiedRecord record = new VerifiedRecord();
    try {
      if (Files.size(file) < 1 << 20
          && JsonReader.read(Files.readAllBytes(file), JsonReader.Bounds.LARGE)
              instanceof Json.Obj o) {
        o.members()
            .forEach(
                (path, v) -> {
                  if (v instanceof Json.Str s) {
                    record.stamps.put(path, s.text());
                  }
                });
      }
    } catch (IOException | JsonFault e) {
      record.stamps.clear();
    }
    return record;
  }

  /** Writes the record, whole or not at all. */
  public synchronized void write(Path file) throws IOException {
    Json.Obj o = new Json.Obj();
    stamps.forEach(o::put);
    Path half = file.resolveSibling("." + file.getFileName() + ".new");
    Files.writeString(half, JsonText.of(o) + "\n");
    Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** What a file is now. */
  public static String stamp(Path file) throws IOException {
    Map<String, Object> a =
        Files.readAttributes(
            file,
            "unix:dev,ino,size,lastModifiedTime,ctime",
            java.nio.file.LinkOption.NOFOLLOW_LINKS);
    return a.get("dev")
        + " "
        + a.get("ino")
        + " "
        + a.get("size")
        + " "
        + nanos(a.get("lastModifiedTime"))
        + " "
        + nanos(a.get("ctime"));
  }

  private static String nanos(@org.jspecify.annotations.Nullable Object time) {
    return time instanceof FileTime t ? Long.toString(t.to(TimeUnit.NANOSECONDS)) : "";
  }

  /** Whether this file, with this digest, was read when it was what it is now. */
  public synchronized boolean knows(String path, String sha256, String stamp) {
    return (sha256 + " " + stamp).equals(stamps.get(path));
  }

  /** Remembers a file whose digest was right, if its stamp would change with the next change. */
  public synchronized void add(String path, String sha256, String stamp, long beganMillis) {
    String changed = stamp.substring(stamp.lastIndexOf(' ') + 1);
    if (!changed.isEmpty() && Long.parseLong(changed) / 1_000_000 + GRAIN_MILLIS < beganMillis) {
      stamps.put(path, sha256 + " " + stamp);
    } else {
      stamps.remove(path);
    }
  }

  public synchronized void forget() {
    stamps.clear();
  }
}
