package dev.ringfence.guard.fetch;

import dev.ringfence.guard.model.ModelDocument;
import dev.ringfence.guard.model.ModelFacts.ModelFile;
import dev.ringfence.guard.model.ModelFault;
import dev.ringfence.guard.model.VerifiedRecord;
import dev.ringfence.guard.model.Verifier;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Downloads exactly the files of a TrustedModel, two at a time, hashing while writing. What is not
 * complete lies in a folder of another name beside the target, so that it can be resumed and never
 * served; the target appears by one rename.
 */
public final class Fetcher {
  private static final int AT_ONCE = 2;
  private static final int TRIES = 6;
  private static final int BUFFER = 256 * 1024;

  /** Bytes between two breaks after which tries are counted anew. */
  private static final long PROGRESS = 1 << 20;

  /** A download of which no byte came for so long is cut and resumed. */
  private static final long STALLED_SECONDS = 60;

  private final ModelDocument model;
  private final ModelDocument.Hub hub;
  private final Path into;
  private final Path partial;
  private final Http http;
  private final Map<String, Long> bytes = new ConcurrentHashMap<>();
  private final AtomicLong files = new AtomicLong();
  private final AtomicBoolean stop = new AtomicBoolean();

  public Fetcher(ModelDocument model, ModelDocument.Hub hub, Path into, Http http) {
    this.model = model;
    this.hub = hub;
    this.into = into.toAbsolutePath().normalize();
    this.partial = this.into.resolveSibling(this.into.getFileName() + ".partial");
    this.http = http;
  }

  /** Bytes that are there and were hashed, of files that need not be complete. */
  public long bytes() {
    return bytes.values().stream().mapToLong(Long::longValue).sum();
  }

  public long files() {
    return files.get();
  }

  public long totalBytes() {
    return model.facts().files().stream().mapToLong(ModelFile::size).sum();
  }

  /**
   * Downloads what is missing and puts the folder in its place. Returns false when it was there
   * already, complete and right.
   */
  public boolean fetch() throws FetchFault, ModelFault, IOException {
    if (isThere()) {
      try {
        new Verifier(model.facts(), into, new VerifiedRecord(), n -> {}).verify();
      } catch (ModelFault e) {
        throw new ModelFault(
            e.rule(),
            e.file(),
            e.reason() + "; the folder was there already: remove it to fetch it anew");
      }
      return false;
    }
    Files.createDirectories(partial);
    room();
    List<ModelFile> order = new ArrayList<>(model.facts().files());
    // Small files first: what is wrong with a model shows before the hours.
    order.sort(Comparator.comparing(ModelFile::isWeights).thenComparing(ModelFile::path));
    try (ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE);
        ScheduledExecutorService watchdog =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory())) {
      List<Future<?>> running = new ArrayList<>();
      for (ModelFile f : order) {
        running.add(
            pool.submit(
                () -> {
                  try {
                    one(f, watchdog);
                  } catch (FetchFault | ModelFault | IOException | RuntimeException e) {
                    stop.set(true);
                    throw e;
                  }
                  return true;
                }));
      }
      pool.shutdown();
      await(running);
      watchdog.shutdownNow();
    }
    new Verifier(model.facts(), partial, new VerifiedRecord(), n -> {}).verify();
    try {
      // Over an empty folder too, which is what a mount or an earlier step may have left.
      Files.move(partial, into, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw FetchFault.of(
          "the finished folder cannot be put in its place; --into must be a new folder below the volume");
    }
    return true;
  }

  private boolean isThere() throws IOException {
    if (!Files.isDirectory(into)) {
      return false;
    }
    try (var list = Files.list(into)) {
      return list.findAny().isPresent();
    }
  }

  private void room() throws IOException, FetchFault {
    long have = 0;
    for (ModelFile f : model.facts().files()) {
      Path file = partial.resolve(f.path());
      have += Files.isRegularFile(file) ? Files.size(file) : 0;
    }
    long need = totalBytes() - have;
    if (Files.getFileStore(partial).getUsableSpace() < need) {
      throw FetchFault.of("the volume has too little room: " + need + " bytes are still to come");
    }
  }

  private static void await(List<Future<?>> running) throws FetchFault, ModelFault, IOException {
    Throwable first = null;
    for (Future<?> r : running) {
      try {
        r.get();
      } catch (ExecutionException e) {
        first = first == null || isEcho(first) ? e.getCause() : first;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw FetchFault.of("interrupted");
      }
    }
    switch (first) {
      case null -> {}
      case FetchFault f -> throw f;
      case ModelFault f -> throw f;
      case IOException e -> throw e;
      default -> throw new IllegalStateException(first);
    }
  }

  /** Whether a download ended only because another one did. */
  private static boolean isEcho(Throwable e) {
    return e instanceof FetchFault f && f.reason().equals("stopped");
  }

  // --- one file

  private void one(ModelFile f, ScheduledExecutorService watchdog)
      throws FetchFault, ModelFault, IOException {
    Path file = partial.resolve(f.path());
    Path folder = file.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    MessageDigest sha = sha256();
    long have = resume(f, file, sha);
    for (int attempt = 1; have < f.size() || (attempt == 1 && f.size() == 0); attempt++) {
      if (stop.get()) {
        throw FetchFault.of("stopped");
      }
      try {
        have = download(f, file, sha, have, watchdog);
      } catch (FetchFault e) {
        if (!e.mayPass() || attempt >= TRIES) {
          throw e;
        }
        pause(attempt);
        long before = have;
        sha.reset();
        have = resume(f, file, sha);
        if (have - before >= PROGRESS) {
          // A line that breaks now and then is not one that is down.
          attempt = 0;
        }
      }
    }
    if (!HexFormat.of().formatHex(sha.digest()).equals(f.sha256())) {
      Files.deleteIfExists(file);
      throw new ModelFault(
          dev.ringfence.guard.Rule.FILE_DIGESTS,
          f.path(),
          "has another digest than the TrustedModel says; it was deleted");
    }
    files.incrementAndGet();
  }

  /** Hashes what an earlier try left. */
  private long resume(ModelFile f, Path file, MessageDigest sha) throws IOException {
    if (!Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(file);
      bytes.put(f.path(), 0L);
      return 0;
    }
    if (Files.size(file) > f.size()) {
      Files.delete(file);
      bytes.put(f.path(), 0L);
      return 0;
    }
    long have = 0;
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        sha.update(buffer, 0, n);
        have += n;
      }
    }
    bytes.put(f.path(), have);
    return have;
  }

  private static void pause(int attempt) throws FetchFault {
    try {
      Thread.sleep(Math.min(8000, 250L << attempt));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw FetchFault.of("interrupted");
    }
  }

  private URI uri(ModelFile f) {
    StringBuilder path = new StringBuilder();
    for (String part : f.path().split("/", -1)) {
      path.append('/').append(URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"));
    }
    return URI.create(
        hub.endpoint() + "/" + hub.repository() + "/resolve/" + hub.revision() + path);
  }

  /** Takes one answer of the hub; returns how many bytes are there then. */
  private long download(
      ModelFile f, Path file, MessageDigest sha, long have, ScheduledExecutorService watchdog)
      throws FetchFault, ModelFault, IOException {
    Optional<String> range = have > 0 ? Optional.of("bytes=" + have + "-") : Optional.empty();
    try (Http.Answer answer = ask(f, range)) {
      long at = have;
      boolean restart = answer.status() == 200 && have > 0;
      if (answer.status() != 200 && answer.status() != 206) {
        throw refused(f, answer.status());
      }
      if (answer.status() == 206
          && !answer
              .headers()
              .firstValue("content-range")
              .orElse("")
              .startsWith("bytes " + have + "-")) {
        throw FetchFault.passing(f.path() + ": the hub answered another range than was asked for");
      }
      if (restart) {
        // No ranges here: from the start.
        sha.reset();
        at = 0;
      }
      AtomicLong lastByte = new AtomicLong(System.nanoTime());
      Future<?> watch =
          watchdog.scheduleAtFixedRate(
              () -> {
                if (stop.get()
                    || System.nanoTime() - lastByte.get()
                        > TimeUnit.SECONDS.toNanos(STALLED_SECONDS)) {
                  closeQuietly(answer);
                }
              },
              1,
              1,
              TimeUnit.SECONDS);
      try {
        return copy(f, file, sha, at, answer.body(), lastByte);
      } finally {
        watch.cancel(false);
      }
    }
  }

  private static void closeQuietly(Http.Answer answer) {
    try {
      answer.close();
    } catch (IOException e) {
      // The reader learns of it.
    }
  }

  private Http.Answer ask(ModelFile f, Optional<String> range) throws FetchFault {
    try {
      return http.get(uri(f), range);
    } catch (IOException e) {
      throw FetchFault.passing(f.path() + ": the hub cannot be reached");
    }
  }

  private FetchFault refused(ModelFile f, int status) {
    return switch (status) {
      case 401, 403 ->
          FetchFault.of(
              f.path()
                  + ": the hub refuses access ("
                  + status
                  + "); the model may be gated or private: it needs a token (tokenSecretRef) whose owner was granted access");
      case 404 -> FetchFault.of(f.path() + ": the hub has no such file at this revision (404)");
      case 416 ->
          FetchFault.passing(f.path() + ": the hub has fewer bytes than the TrustedModel says");
      case 408, 429, 500, 502, 503, 504 ->
          FetchFault.passing(f.path() + ": the hub answers " + status);
      default -> FetchFault.of(f.path() + ": the hub answers " + status);
    };
  }

  private long copy(
      ModelFile f, Path file, MessageDigest sha, long from, InputStream in, AtomicLong lastByte)
      throws FetchFault, ModelFault, IOException {
    long at = from;
    byte[] buffer = new byte[BUFFER];
    StandardOpenOption how =
        from == 0 ? StandardOpenOption.TRUNCATE_EXISTING : StandardOpenOption.APPEND;
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, how);
        OutputStream out = java.nio.channels.Channels.newOutputStream(channel)) {
      while (true) {
        int n;
        try {
          n = in.read(buffer);
        } catch (IOException e) {
          throw FetchFault.passing(f.path() + ": the connection broke after " + at + " bytes");
        }
        if (n < 0) {
          break;
        }
        lastByte.set(System.nanoTime());
        if (at + n > f.size()) {
          channel.truncate(0);
          Files.deleteIfExists(file);
          throw new ModelFault(
              dev.ringfence.guard.Rule.FILE_DIGESTS,
              f.path(),
              "is longer than the "
                  + f.size()
                  + " bytes that the TrustedModel says; it was deleted");
        }
        try {
          out.write(buffer, 0, n);
        } catch (IOException e) {
          throw full(f, file, e);
        }
        sha.update(buffer, 0, n);
        at += n;
        bytes.put(f.path(), at);
      }
      channel.force(true);
    }
    if (at < f.size()) {
      throw FetchFault.passing(f.path() + ": the hub sent " + at + " of " + f.size() + " bytes");
    }
    return at;
  }

  private static FetchFault full(ModelFile f, Path file, IOException e) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException again) {
      // It is in the partial folder either way.
    }
    String reason = String.valueOf(e.getMessage()).replaceAll("[^ -~]", "?");
    return FetchFault.of(
        f.path() + ": cannot be written: " + reason + "; give the volume more room (storage.size)");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
