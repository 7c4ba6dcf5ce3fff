package dev.ringfence.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ringfence.admission.Authorities.Times;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CertificatesTest {
  private static final Times TIMES = Times.USUAL;
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private static Instant after(long days) {
    return BEGIN.plus(Duration.ofDays(days));
  }

  @Test
  void aNewAuthorityIsTrustedBeforeItSignsAndTheOldOneUntilNothingOfItIsLeft() {
    Authorities first = new Authorities(List.of()).at(BEGIN, TIMES);
    assertThat(first.all()).hasSize(1);
    Authority old = first.all().get(0);
    assertThat(first.signer(BEGIN, TIMES)).as("at once, there is no other").isEqualTo(old);
    assertThat(first.at(after(240), TIMES).same(first)).as("nothing is due").isTrue();

    Authorities both = first.at(after(250), TIMES);
    assertThat(both.all()).hasSize(2);
    Authority fresh = both.all().get(1);
    assertThat(both.trusted()).contains(old.certificate(), fresh.certificate());
    assertThat(both.signer(after(250), TIMES)).as("not everybody trusts it yet").isEqualTo(old);
    Instant later = after(250).plus(TIMES.overlap()).plusSeconds(1);
    assertThat(both.signer(later, TIMES)).isEqualTo(fresh);
    assertThat(both.at(after(256), TIMES).all()).as("leaves of the old one are out").hasSize(2);
    assertThat(both.at(after(258), TIMES).all()).containsExactly(fresh);
  }

  @Test
  void theSecretHoldsThem() {
    Authorities both = new Authorities(List.of()).at(BEGIN, TIMES).at(after(250), TIMES);
    Authorities read = Authorities.read(both.data());
    assertThat(read.same(both)).isTrue();
    assertThat(read.all().get(1).issue(List.of("a.b.svc"), after(251), TIMES.leaf()).leaf())
        .satisfies(leaf -> leaf.verify(both.all().get(1).certificate().getPublicKey()));
  }

  @Test
  void whatSomebodyElseWroteIsNoAuthority() {
    assertThat(Authorities.read(Map.of("0.crt", "!", "0.key", "AAAA")).all()).isEmpty();
    Map<String, String> data =
        new java.util.TreeMap<>(new Authorities(List.of()).at(BEGIN, TIMES).data());
    data.put("0.key", new Authorities(List.of()).at(BEGIN, TIMES).data().get("0.key"));
    assertThat(Authorities.read(data).all()).as("another's key").isEmpty();
  }

  @Test
  void aLeafIsShortAndNamesWhoIsCalled() throws Exception {
    Authority authority = Authority.create(BEGIN, TIMES.authority());
    X509Certificate leaf =
        authority.issue(List.of("w.ns.svc", "127.0.0.1"), BEGIN, TIMES.leaf()).leaf();
    leaf.verify(authority.certificate().getPublicKey());
    assertThat(leaf.getBasicConstraints()).as("no authority").isEqualTo(-1);
    assertThat(leaf.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(leaf.getSubjectAlternativeNames())
        .containsExactly(List.of(2, "w.ns.svc"), List.of(7, "127.0.0.1"));
    assertThat(Duration.between(BEGIN, leaf.getNotAfter().toInstant())).isEqualTo(TIMES.leaf());
    assertThat(authority.issue(List.of("w"), after(364), TIMES.leaf()).leaf().getNotAfter())
        .as("never longer than its issuer")
        .isEqualTo(authority.certificate().getNotAfter());
  }

  @Test
  void aFolderIsReadAgainAndABrokenOneIsNot(@TempDir Path folder) throws IOException {
    assertThatThrownBy(() -> FolderCertificates.start(folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no usable tls.crt and tls.key in");
    Identity one = write(folder, BEGIN);
    try (FolderCertificates certificates = FolderCertificates.start(folder, Duration.ofDays(1))) {
      assertThat(certificates.identity().leaf()).isEqualTo(one.leaf());
      Files.writeString(folder.resolve("tls.crt"), "-----BEGIN CERTIFICATE-----\nhalf");
      certificates.lookAgain();
      assertThat(certificates.identity().leaf()).isEqualTo(one.leaf());
      Identity two = write(folder, after(1));
      certificates.lookAgain();
      assertThat(certificates.identity().leaf()).isEqualTo(two.leaf());
    }
  }

  private static Identity write(Path folder, Instant now) throws IOException {
    Identity identity =
        Authority.create(now, TIMES.authority()).issue(List.of("localhost"), now, TIMES.leaf());
    Files.writeString(folder.resolve("tls.key"), Pem.text(identity.key()));
    Files.writeString(folder.resolve("tls.crt"), Pem.text(identity.chain()));
    return identity;
  }
}
