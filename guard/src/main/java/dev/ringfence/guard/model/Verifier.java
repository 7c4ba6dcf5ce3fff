package dev.ringfence.guard.model;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.model.ModelFacts.ModelFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Holds a folder against what a TrustedModel declares: every file, nothing else, no code in any of
 * them.
 */
public final class Verifier {
  private static final int BUFFER = 1 << 20;

  private final ModelFacts facts;
  private final Path folder;
  private final VerifiedRecord record;
  private final LongConsumer progress;

  /**
   * @param record weights that were read already; those that are read now are added
   * @param progress told the bytes of weights that were read
   */
  public Verifier(ModelFacts facts, Path folder, VerifiedRecord record, LongConsumer progress) {
    this.facts = facts;
    this.folder = folder;
    this.record = record;
    this.progress = progress;
  }

  /** Verifies the folder where it lies. */
  public void verify() throws IOException, ModelFault {
    structure();
    small(folder, Optional.empty());
    weights();
  }

  /**
   * Verifies the folder and leaves a served folder that holds copies of the small files and links
   * to the weights: what was judged is what is copied, so a file that changes later changes
   * nothing. The served folder is made whole or not at all.
   */
  public void verifyInto(Path served) throws IOException, ModelFault {
    Path half = served.resolveSibling("." + served.getFileName() + ".new");
    remove(half);
    remove(served);
    Files.createDirectory(half);
    try {
      structure();
      small(half, Optional.of(half));
      weights();
      for (ModelFile f : facts.files()) {
        if (f.isWeights()) {
          Path link = half.resolve(f.path());
          Files.createDirectories(parent(link));
          Files.createSymbolicLink(link, folder.toAbsolutePath().resolve(f.path()));
        }
      }
      Files.move(half, served);
    } catch (IOException | ModelFault e) {
      remove(half);
      throw e;
    }
  }

  /**
   * Verifies a folder that {@link #verifyInto} made: the copies as they are served, and the weights
   * behind the links.
   */
  public void verifyServed(Path served) throws IOException, ModelFault {
    Verifier copies = new Verifier(facts, served, record, progress);
    for (ModelFile f : facts.files()) {
      Path file = served.resolve(f.path());
      if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        throw new ModelFault(Rule.FILE_DIGESTS, f.path(), "is missing in the served folder");
      }
      if (!f.isWeights()) {
        copies.digest(f, Optional.empty());
      } else if (!Files.isSymbolicLink(file)
          || !Files.readSymbolicLink(file).equals(folder.toAbsolutePath().resolve(f.path()))) {
        throw new ModelFault(Rule.FILE_DIGESTS, f.path(), "is not the link that it was");
      }
    }
    weights();
  }

  private static Path parent(Path file) {
    Path parent = file.getParent();
    return parent == null ? Path.of(".") : parent;
  }

  /** Removes a folder with what is in it; links are removed, not followed. */
  public static void remove(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes a) throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(
              Path dir, @org.jspecify.annotations.Nullable IOException e) throws IOException {
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  // --- names, kinds and sizes

  private void structure() throws IOException, ModelFault {
    if (!Files.isDirectory(folder)) {
      throw new ModelFault(Rule.FILE_DIGESTS, "config.json", "is missing: there is no such folder");
    }
    Map<String, ModelFile> listed =
        new TreeMap<>(facts.files().stream().collect(Collectors.toMap(ModelFile::path, f -> f)));
    List<ModelFault> faults = new ArrayList<>();
    walk(folder, "", listed, faults);
    if (!faults.isEmpty()) {
      throw faults.getFirst();
    }
    if (!listed.isEmpty()) {
      throw new ModelFault(Rule.FILE_DIGESTS, listed.keySet().iterator().next(), "is missing");
    }
  }

  /** Ticks files off the list; what is not on it, or is no plain file, is a fault. */
  private void walk(Path dir, String prefix, Map<String, ModelFile> listed, List<ModelFault> faults)
      throws IOException {
    List<Path> entries;
    try (Stream<Path> list = Files.list(dir)) {
      entries = list.sorted().toList();
    }
    for (Path entry : entries) {
      String path = prefix + entry.getFileName();
      BasicFileAttributes a =
          Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      if (a.isDirectory()) {
        // What a file system makes for itself at the root of a volume.
        if (!path.equals("lost+found")) {
          walk(entry, path + "/", listed, faults);
        }
        continue;
      }
      ModelFile file = listed.remove(path);
      if (file == null) {
        faults.add(Contents.unlisted(path));
      } else if (a.isSymbolicLink()) {
        faults.add(
            new ModelFault(
                Rule.FILE_DIGESTS, path, "is a link; a model's folder holds plain files only"));
      } else if (!a.isRegularFile()) {
        faults.add(new ModelFault(Rule.FILE_DIGESTS, path, "is not a plain file"));
      } else if (a.size() != file.size()) {
        faults.add(
            new ModelFault(
                Rule.FILE_DIGESTS,
                path,
                "has " + a.size() + " bytes, the TrustedModel says " + file.size()));
      }
    }
  }

  // --- small files

  private void small(Path read, Optional<Path> copyTo) throws IOException, ModelFault {
    Set<String> listed = facts.files().stream().map(ModelFile::path).collect(Collectors.toSet());
    for (ModelFile f : facts.files()) {
      if (!f.isWeights()) {
        digest(f, copyTo);
      }
    }
    for (ModelFile f : facts.files()) {
      Path file = read.resolve(f.path());
      if (f.path().endsWith(".json")) {
        try (InputStream in = Files.newInputStream(file)) {
          Contents.search(f.path(), in);
        }
      }
      if (f.path().endsWith(".safetensors.index.json")) {
        Contents.index(f.path(), Files.readAllBytes(file), listed);
      }
    }
    Contents.config(
        Files.readAllBytes(read.resolve("config.json")),
        listed.contains("hf_quant_config.json")
            ? Files.readAllBytes(read.resolve("hf_quant_config.json"))
            : null,
        facts);
  }

  /** Reads a file once: what is hashed is what is copied. */
  private void digest(ModelFile f, Optional<Path> copyTo) throws IOException, ModelFault {
    Path target = copyTo.isPresent() ? copyTo.get().resolve(f.path()) : null;
    if (target != null) {
      Files.createDirectories(parent(target));
    }
    MessageDigest sha = sha256();
    long size = 0;
    byte[] buffer = new byte[64 * 1024];
    try (InputStream in =
            Files.newInputStream(folder.resolve(f.path()), LinkOption.NOFOLLOW_LINKS);
        OutputStream out =
            target == null ? OutputStream.nullOutputStream() : Files.newOutputStream(target)) {
      for (int n = in.read(buffer); n >= 0 && size <= f.size(); n = in.read(buffer)) {
        sha.update(buffer, 0, n);
        out.write(buffer, 0, n);
        size += n;
      }
    }
    compare(f, size, sha);
  }

  private static void compare(ModelFile f, long size, MessageDigest sha) throws ModelFault {
    if (size != f.size() || !HexFormat.of().formatHex(sha.digest()).equals(f.sha256())) {
      throw new ModelFault(
          Rule.FILE_DIGESTS, f.path(), "has another digest than the TrustedModel says");
    }
  }

  // --- weights

  private void weights() throws IOException, ModelFault {
    List<ModelFile> weights = facts.files().stream().filter(ModelFile::isWeights).toList();
    for (ModelFile f : weights) {
      header(f);
    }
    if (facts.source() == ModelFacts.Source.IMAGE) {
      return;
    }
    // As many at once as there are cores: hashing is what takes the time.
    try (ExecutorService pool =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      List<Future<?>> running = new ArrayList<>();
      for (ModelFile f : weights) {
        running.add(
            pool.submit(
                () -> {
                  weight(f);
                  return true;
                }));
      }
      try {
        for (Future<?> r : running) {
          r.get();
        }
      } catch (ExecutionException e) {
        pool.shutdownNow();
        if (e.getCause() instanceof ModelFault f) {
          throw f;
        }
        if (e.getCause() instanceof IOException io) {
          throw io;
        }
        throw new IllegalStateException(e);
      } catch (InterruptedException e) {
        pool.shutdownNow();
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }

  private void header(ModelFile f) throws IOException, ModelFault {
    try (InputStream in =
        Files.newInputStream(folder.resolve(f.path()), LinkOption.NOFOLLOW_LINKS)) {
      byte[] prefix = in.readNBytes(Safetensors.PREFIX);
      int length = Safetensors.headerLength(f.path(), prefix, f.size());
      byte[] header = in.readNBytes(length);
      if (header.length != length) {
        throw new ModelFault(Rule.SAFETENSORS_ONLY, f.path(), "ends within its header");
      }
      Safetensors.check(f.path(), header, f.size());
    }
  }

  private void weight(ModelFile f) throws IOException, ModelFault {
    Path file = folder.resolve(f.path());
    long began = System.currentTimeMillis();
    String before = VerifiedRecord.stamp(file);
    if (record.knows(f.path(), f.sha256(), before)) {
      progress.accept(f.size());
      return;
    }
    MessageDigest sha = sha256();
    long size = 0;
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      for (int n = in.read(buffer); n >= 0 && size <= f.size(); n = in.read(buffer)) {
        if (Thread.interrupted()) {
          throw new IOException("interrupted");
        }
        sha.update(buffer, 0, n);
        size += n;
        progress.accept(n);
      }
    }
    compare(f, size, sha);
    if (!VerifiedRecord.stamp(file).equals(before)) {
      throw new ModelFault(Rule.FILE_DIGESTS, f.path(), "changed while it was read");
    }
    record.add(f.path(), f.sha256(), before, began);
  }

  /** The SHA-256 of a file in lower-case hex. */
  public static String digest(Path file) throws IOException {
    MessageDigest sha = sha256();
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sha.update(buffer, 0, n);
      }
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
