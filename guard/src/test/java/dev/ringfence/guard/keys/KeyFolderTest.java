package dev.ringfence.guard.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFolderTest {
  private static final String KEY = "k".repeat(31) + "Z";
  @TempDir private Path folder;

  private static String sha(String key) throws Exception {
    return "sha256:"
        + HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8)));
  }

  private void put(String name, String content) throws IOException {
    Files.write(folder.resolve(name), content.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void opensPlainAndHashedLines() throws Exception {
    put("a", KEY + "\n\n" + sha("hashed-" + KEY) + "\n");
    put("b", "x".repeat(200));
    put("empty", "");
    KeyRing ring = KeyFolder.read(folder);
    assertThat(ring.ids().stream().map(KeyRing.KeyId::name)).containsExactly("a", "b", "empty");
    assertThat(ring.find(KEY)).get().extracting(KeyRing.KeyId::name).isEqualTo("a");
    assertThat(ring.find("hashed-" + KEY)).get().extracting(KeyRing.KeyId::name).isEqualTo("a");
    assertThat(ring.find("x".repeat(200))).get().extracting(KeyRing.KeyId::name).isEqualTo("b");
    for (String wrong :
        new String[] {
          "",
          "x",
          KEY + "a",
          KEY.substring(1),
          KEY.toLowerCase(java.util.Locale.ROOT),
          sha("hashed-" + KEY),
          "a"
        }) {
      assertThat(ring.find(wrong)).isEmpty();
    }
  }

  @Test
  void saltsDifferByKeyIdAndStay() throws Exception {
    put("a", KEY);
    put("b", "y".repeat(40));
    KeyRing one = KeyFolder.read(folder);
    KeyRing two = KeyFolder.read(folder);
    assertThat(one.ids()).isEqualTo(two.ids());
    assertThat(one.ids().get(0).cacheSalt()).hasSize(64).isNotEqualTo(one.ids().get(1).cacheSalt());
    assertThat(one.generation()).isEqualTo(two.generation()).hasSize(8);
    put("b", "z".repeat(40));
    assertThat(KeyFolder.read(folder).generation()).isNotEqualTo(one.generation());
  }

  @Test
  void readsThroughTheKubeletsLink() throws Exception {
    Path data = Files.createDirectory(folder.resolve("..2026_11_25"));
    Files.writeString(data.resolve("a"), KEY);
    Files.createSymbolicLink(folder.resolve("..data"), Path.of("..2026_11_25"));
    Files.createSymbolicLink(folder.resolve("a"), Path.of("..data/a"));
    Files.writeString(folder.resolve("stray"), "not a key");
    assertThat(KeyFolder.read(folder).find(KEY)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "short", "k with a blank in it, long enough to be one", "-----BEGIN CERTIFICATE-----",
            "MIIB+/MIIBMIIBMIIBMIIBMIIBMIIBMIIBMIIB", "sha256:abcd",
        "sha256:zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
            "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.sig", "key: value", "# comment", "\r",
        "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff"
      })
  void oneLineThatIsNoKeyMakesAllUnusable(String line) throws IOException {
    put("good", KEY);
    put("bad", KEY + "\n" + line + "\n");
    assertThatThrownBy(() -> KeyFolder.read(folder))
        .isInstanceOf(KeyFolder.Unusable.class)
        .hasMessageContaining("entry bad")
        .message()
        .doesNotContain(line.isBlank() ? "\u0000" : line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tls.crt",
        "tls.key",
        "ca.crt",
        "token",
        "namespace",
        ".dockerconfigjson",
        "username",
        "password",
        "ssh-privatekey",
        "a b",
        "a:b",
        "ü",
        "x+y"
      })
  void namesOfOtherSecretsMakeAllUnusable(String name) throws IOException {
    put(name, KEY);
    assertThatThrownBy(() -> KeyFolder.read(folder)).isInstanceOf(KeyFolder.Unusable.class);
  }

  @ParameterizedTest
  @CsvSource({"4,true", "5,false"})
  void boundsLines(int lines, boolean good) throws IOException {
    put("a", (KEY + "\n").repeat(lines));
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> KeyFolder.read(folder)) == null)
        .isEqualTo(good);
  }

  @Test
  void anEmptyFolderOpensNothing() throws Exception {
    assertThat(KeyFolder.read(folder).opensNothing()).isTrue();
    assertThatThrownBy(() -> KeyFolder.read(folder.resolve("none")))
        .isInstanceOf(KeyFolder.Unusable.class);
  }
}
