package dev.ringfence.e2e.images;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * One layer: a folder tree as a compressed tar, the same bytes for the same tree. All files belong
 * to root and have one time.
 *
 * @param title what is in it, for people
 * @param file the compressed tar
 * @param digest of the compressed tar, 64 hex digits
 * @param diffId of the tar, 64 hex digits
 * @param size of the compressed tar in bytes
 */
public record Layer(String title, Path file, String digest, String diffId, long size) {
  /** The time of every file; {@code project.build.outputTimestamp} of the build. */
  public static final Instant TIME = Instant.parse("2026-01-01T00:00:00Z");

  /**
   * Packs a tree.
   *
   * @param target the compressed tar that is written
   */
  public static Layer of(String title, Path tree, Path target) throws IOException {
    var compressed = sha256();
    var plain = sha256();
    try (var file = new BufferedOutputStream(Files.newOutputStream(target), 1 << 16);
        var zip = new GZIPOutputStream(new DigestOutputStream(file, compressed), 1 << 16);
        var tar =
            new TarArchiveOutputStream(
                new BufferedOutputStream(new DigestOutputStream(zip, plain), 1 << 16), UTF8)) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      List<Path> all;
      try (var walk = Files.walk(tree)) {
        all = walk.filter(path -> !path.equals(tree)).sorted().toList();
      }
      for (var path : all) {
        entry(tree, path, tar);
      }
    }
    return new Layer(
        title,
        target,
        HexFormat.of().formatHex(compressed.digest()),
        HexFormat.of().formatHex(plain.digest()),
        Files.size(target));
  }

  private static final String UTF8 = "UTF-8";

  private static void entry(Path tree, Path path, TarArchiveOutputStream tar) throws IOException {
    var name = tree.relativize(path).toString();
    TarArchiveEntry entry;
    if (Files.isSymbolicLink(path)) {
      entry = new TarArchiveEntry(name, TarConstants.LF_SYMLINK);
      entry.setLinkName(Files.readSymbolicLink(path).toString());
      entry.setMode(0777);
    } else {
      boolean folder = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
      entry = new TarArchiveEntry(folder ? name + "/" : name);
      entry.setSize(folder ? 0 : Files.size(path));
      entry.setMode(mode(path, folder));
    }
    entry.setIds(0, 0);
    entry.setUserName("");
    entry.setGroupName("");
    entry.setModTime(TIME.toEpochMilli());
    tar.putArchiveEntry(entry);
    if (entry.isFile() && !entry.isSymbolicLink()) {
      Files.copy(path, new Uncloseable(tar));
    }
    tar.closeArchiveEntry();
  }

  private static int mode(Path path, boolean folder) throws IOException {
    // The sticky bit, which Java does not show, is for folders that everybody may write to.
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(path);
    int mode = 0;
    for (char flag : PosixFilePermissions.toString(permissions).toCharArray()) {
      mode = mode << 1 | (flag == '-' ? 0 : 1);
    }
    return folder && permissions.contains(PosixFilePermission.OTHERS_WRITE) ? mode | 01000 : mode;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static final class Uncloseable extends FilterOutputStream {
    Uncloseable(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
    }

    @Override
    public void close() {
      // The tar goes on.
    }
  }
}
