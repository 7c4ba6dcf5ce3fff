package dev.ringfence.guard.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ringfence.guard.fetch.TestCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** VLLM-511: the certificate of the tenant's port, in the forms that issuers write, re-read. */
class TlsFilesTest {
  @TempDir private static Path shared;
  private static @Nullable TestCertificate one;
  private static @Nullable TestCertificate two;
  private static @Nullable TestCertificate rsa;
  @TempDir private Path folder;

  @BeforeAll
  static void make() throws Exception {
    one = new TestCertificate(shared, "-keyalg EC -groupname secp256r1");
    two = new TestCertificate(shared, "-keyalg EC -groupname secp384r1");
    rsa = new TestCertificate(shared, "-keyalg RSA -keysize 2048");
  }

  private static TestCertificate named(String name) {
    return Objects.requireNonNull(
        switch (name) {
          case "one" -> one;
          case "two" -> two;
          default -> rsa;
        });
  }

  /** A file's content by its name in the tables. */
  private static String content(String what) throws Exception {
    String[] parts = what.split(" ", 2);
    return switch (parts[0]) {
      case "empty" -> "";
      case "words" -> "not PEM at all\n";
      case "cert" -> named(parts[1]).certificate();
      case "key" -> named(parts[1]).key();
      case "old" -> named(parts[1]).oldRsaKey();
      case "chain" -> named("one").certificate() + named("two").certificate();
      case "cut" -> named(parts[1]).key().substring(0, 100);
      case "sec1" -> named(parts[1]).key().replace("PRIVATE KEY", "EC PRIVATE KEY");
      case "noise" -> "some words before\n" + named(parts[1]).key() + "and behind\n";
      default -> throw new IllegalArgumentException(what);
    };
  }

  private TlsFiles files(String certificate, String key) throws Exception {
    Files.writeString(folder.resolve("tls.crt"), content(certificate));
    Files.writeString(folder.resolve("tls.key"), content(key));
    return new TlsFiles(folder.resolve("tls.crt"), folder.resolve("tls.key"));
  }

  @ParameterizedTest
  @CsvSource({
    "cert one, key one",
    "cert two, key two",
    "cert rsa, key rsa",
    "cert rsa, old rsa",
    "chain, key one",
    "cert one, noise one"
  })
  void takes(String certificate, String key) throws Exception {
    assertThat(files(certificate, key).context().createSSLEngine()).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "cert one, key two",
    "cert one, key rsa",
    "cert rsa, key one",
    "cert one, empty",
    "empty, key one",
    "words, key one",
    "cert one, words",
    "cert one, cut one",
    "cert one, sec1 one",
    "key one, cert one"
  })
  void refusesAtStart(String certificate, String key) {
    assertThatThrownBy(() -> files(certificate, key))
        .isInstanceOfSatisfying(
            Unusable.class,
            e -> assertThat(e.reason()).isEqualTo("the certificate and its key cannot be used"));
  }

  @Test
  void refusesWhatIsNotThere() {
    assertThatThrownBy(() -> new TlsFiles(folder.resolve("a"), folder.resolve("b")))
        .isInstanceOf(Unusable.class);
  }

  /** A pair that changes file by file, as a copy does: the former one serves until both fit. */
  @Test
  void changesWhenBothHalvesFit() throws Exception {
    TlsFiles tls = files("cert one", "key one");
    Object first = tls.context();
    assertThat(tls.again()).isEmpty();
    assertThat(tls.context()).isSameAs(first);
    Files.writeString(folder.resolve("tls.crt"), content("cert two"));
    assertThat(tls.again())
        .hasValueSatisfying(e -> assertThat(e).contains("the former one is in use"));
    assertThat(tls.context()).isSameAs(first);
    Files.writeString(folder.resolve("tls.key"), content("key two"));
    assertThat(tls.again()).isEmpty();
    assertThat(tls.context()).isNotSameAs(first);
  }

  @ParameterizedTest
  @CsvSource({"empty", "words", "cut two", "key one"})
  void keepsTheFormerOneFor(String key) throws Exception {
    TlsFiles tls = files("cert one", "key one");
    Object first = tls.context();
    Files.writeString(folder.resolve("tls.crt"), content("cert two"));
    Files.writeString(folder.resolve("tls.key"), content(key));
    assertThat(tls.again()).isPresent();
    assertThat(tls.context()).isSameAs(first);
    Files.delete(folder.resolve("tls.crt"));
    assertThat(tls.again()).hasValueSatisfying(e -> assertThat(e).contains("cannot be read"));
    assertThat(tls.context()).isSameAs(first);
  }
}
