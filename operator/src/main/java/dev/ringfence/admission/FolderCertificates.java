package dev.ringfence.admission;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A certificate from a mounted Secret ({@code tls.crt}, {@code tls.key}), as cert-manager fills
 * one; read again when it changes. While the files are broken or half written, the former
 * certificate stays. Who trusts it is whoever fills the Secret to see to.
 */
public final class FolderCertificates implements Certificates {
  private static final Logger LOG = LoggerFactory.getLogger(FolderCertificates.class);

  private final Path folder;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("webhook-certificates").factory());
  private volatile @Nullable Identity identity;
  private String seen = "";

  private FolderCertificates(Path folder) {
    this.folder = folder;
  }

  /**
   * @throws IOException when there is no usable certificate
   */
  public static FolderCertificates start(Path folder) throws IOException {
    return start(folder, Duration.ofSeconds(5));
  }

  static FolderCertificates start(Path folder, Duration every) throws IOException {
    FolderCertificates certificates = new FolderCertificates(folder);
    try {
      certificates.look();
    } catch (IOException e) {
      certificates.close();
      throw new IOException(
          "no usable tls.crt and tls.key in " + folder + ": " + e.getMessage(), e);
    }
    long millis = every.toMillis();
    var unused =
        certificates.timer.scheduleWithFixedDelay(
            certificates::lookAgain, millis, millis, TimeUnit.MILLISECONDS);
    return certificates;
  }

  private void look() throws IOException {
    String chain = Files.readString(folder.resolve("tls.crt"));
    String key = Files.readString(folder.resolve("tls.key"));
    if (!seen.equals(chain + key)) {
      seen = chain + key;
      identity = Pem.identity(chain, key);
      LOG.info("the webhook has a new certificate");
    }
  }

  void lookAgain() {
    try {
      look();
    } catch (IOException | RuntimeException e) {
      LOG.warn("the webhook keeps its certificate, the new one is not usable: {}", e.getMessage());
    }
  }

  @Override
  public Identity identity() {
    return Objects.requireNonNull(identity);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
