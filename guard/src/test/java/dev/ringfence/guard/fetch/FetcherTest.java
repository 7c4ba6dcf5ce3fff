package dev.ringfence.guard.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ringfence.guard.model.ModelDocument;
import dev.ringfence.guard.model.ModelFault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A hub that behaves, and one that does not: the folder is complete, or there is none. */
class FetcherTest {
  private static final String TOKEN = "hf_TOKENCANARYTOKENCANARY";
  @TempDir private static Path shared;
  private static @Nullable TestCertificate certificate;
  @TempDir private Path base;
  private StandInHub hub;
  private final Map<String, byte[]> files = Models.files();

  @BeforeAll
  static void makeCertificate() throws Exception {
    certificate = new TestCertificate(shared, "-keyalg EC -groupname secp256r1");
  }

  @BeforeEach
  void start() throws Exception {
    hub =
        new StandInHub(
            Files.createDirectory(base.resolve("hub")), Objects.requireNonNull(certificate));
    files.forEach(hub::put);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private Path into() {
    return base.resolve("models").resolve("m");
  }

  private byte[] weights() {
    return Objects.requireNonNull(files.get("model.safetensors"));
  }

  private boolean fetch(String auth) throws Exception {
    ModelDocument model = Models.document(", endpoint: \"" + hub.endpoint() + "\"" + auth, files);
    ModelDocument.Hub source = model.hub().orElseThrow();
    return new Fetcher(
            model,
            source,
            into(),
            new Http(
                Optional.empty(),
                Optional.of(hub.ca()),
                source.token() ? Optional.of(TOKEN) : Optional.empty()))
        .fetch();
  }

  private void isComplete() throws Exception {
    for (Map.Entry<String, byte[]> e : files.entrySet()) {
      assertThat(into().resolve(e.getKey())).hasBinaryContent(e.getValue());
    }
    try (Stream<Path> all = Files.list(into())) {
      assertThat(all).hasSize(files.size());
    }
    assertThat(into().resolveSibling("m.partial")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"PLAIN", "FROM_STORE", "CUT_ONCE", "NO_RANGES", "OTHER_RANGE_ONCE", "BUSY_ONCE"})
  void fetches(StandInHub.How how) throws Exception {
    hub.put("model.safetensors", weights(), how);
    assertThat(fetch(", auth: Token")).isTrue();
    isComplete();
    assertThat(fetch(", auth: Token")).as("a second time").isFalse();
  }

  /** What is wrong, in words, and no folder that an engine could be given. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          OTHER_BYTES   | has another digest than the TrustedModel says; it was deleted
          ONE_BYTE_MORE | is longer than the 300
          REFUSED       | the hub refuses access (401)
          MISSING       | the hub has no such file at this revision (404)
          TEAPOT        | the hub answers 418
          TO_HTTP       | redirects to an address that is not https
          TO_METADATA   | 169.254.169.254 is a link-local or metadata address
          TO_USER_INFO  | redirects to an address that is not https
          TO_ITSELF     | redirects too often
          NOWHERE       | redirects to an address that is not https
          """)
  void refuses(StandInHub.How how, String words) throws Exception {
    hub.put("model.safetensors", weights(), how);
    assertThatThrownBy(() -> fetch(", auth: Token"))
        .satisfies(
            e -> {
              String said =
                  e instanceof ModelFault f
                      ? f.line()
                      : e instanceof FetchFault f ? f.reason() : "" + e;
              assertThat(said).contains(words).doesNotContain("CANARY", "secret");
            });
    assertThat(into()).doesNotExist();
    Path left = into().resolveSibling("m.partial").resolve("model.safetensors");
    assertThat(left)
        .as("nothing wrong is left to be resumed")
        .satisfiesAnyOf(p -> assertThat(p).doesNotExist(), p -> assertThat(p).isEmptyFile());
  }

  @Test
  void resumesByRangeWhatIsThere() throws Exception {
    byte[] weights = weights();
    Path partial = Files.createDirectories(into().resolveSibling("m.partial"));
    Files.write(partial.resolve("model.safetensors"), java.util.Arrays.copyOf(weights, 100_000));
    assertThat(fetch("")).isTrue();
    isComplete();
    assertThat(hub.asked)
        .filteredOn(a -> a.path().endsWith("model.safetensors"))
        .singleElement()
        .satisfies(a -> assertThat(a.range()).isEqualTo("bytes=100000-"));
  }

  /** What was left is another file's beginning: found by its digest, not served. */
  @Test
  void resumesNothingWrong() throws Exception {
    Path partial = Files.createDirectories(into().resolveSibling("m.partial"));
    Files.write(partial.resolve("model.safetensors"), new byte[100_000]);
    assertThatThrownBy(() -> fetch("")).isInstanceOf(ModelFault.class);
    assertThat(into()).doesNotExist();
    assertThat(fetch("")).as("the next try starts anew").isTrue();
    isComplete();
  }

  @Test
  void theTokenGoesToTheNamedHostAlone() throws Exception {
    hub.put("model.safetensors", weights(), StandInHub.How.FROM_STORE);
    fetch(", auth: Token");
    assertThat(hub.asked)
        .filteredOn(a -> a.server().equals("hub"))
        .allMatch(a -> ("Bearer " + TOKEN).equals(a.token()));
    assertThat(hub.asked)
        .filteredOn(a -> a.server().equals("store"))
        .isNotEmpty()
        .allMatch(a -> a.token() == null);
  }

  @Test
  void anEndpointThatDoesNotAskForTheTokenGetsNone() throws Exception {
    fetch("");
    assertThat(hub.asked).isNotEmpty().allMatch(a -> a.token() == null);
  }

  @Test
  void saysThatTheVolumeIsTooSmallBeforeItFetches() throws Exception {
    String model =
        Models.text(", endpoint: \"" + hub.endpoint() + "\"", files)
            .replaceAll("(model.safetensors\", size: )[0-9]+", "$1" + (1L << 52));
    ModelDocument document = ModelDocument.read(model);
    assertThatThrownBy(
            () ->
                new Fetcher(
                        document,
                        document.hub().orElseThrow(),
                        into(),
                        new Http(Optional.empty(), Optional.of(hub.ca()), Optional.empty()))
                    .fetch())
        .isInstanceOfSatisfying(
            FetchFault.class, f -> assertThat(f.reason()).contains("too little room"));
    assertThat(hub.asked).isEmpty();
    assertThat(into()).doesNotExist();
  }

  /** A folder that is there and wrong is not mended in silence. */
  @Test
  void leavesAWrongFolderAlone() throws Exception {
    fetch("");
    Files.writeString(into().resolve("config.json"), "{}");
    assertThatThrownBy(() -> fetch(""))
        .isInstanceOfSatisfying(
            ModelFault.class, f -> assertThat(f.reason()).contains("remove it to fetch it anew"));
  }

  @Test
  void trustsNoCertificateThatItWasNotGiven() {
    assertThatThrownBy(
            () ->
                new Http(Optional.empty(), Optional.empty(), Optional.empty())
                    .get(java.net.URI.create(hub.endpoint() + "/x"), Optional.empty()))
        .isInstanceOfSatisfying(
            FetchFault.class, f -> assertThat(f.reason()).contains("is not trusted"));
  }

  @ParameterizedTest
  @CsvSource({
    "https://169.254.169.254/x",
    "https://[fe80::1]/x",
    "https://[fd00:ec2::254]/x",
    "https://0.0.0.0/x",
    "https://224.0.0.1/x"
  })
  void asksNoAddressThatIsNobodysHub(String address) {
    for (Optional<java.net.URI> proxy :
        java.util.List.of(
            Optional.<java.net.URI>empty(),
            Optional.of(java.net.URI.create("http://127.0.0.1:9")))) {
      assertThatThrownBy(
              () ->
                  new Http(proxy, Optional.empty(), Optional.empty())
                      .get(java.net.URI.create(address), Optional.empty()))
          .isInstanceOfSatisfying(
              FetchFault.class, f -> assertThat(f.reason()).contains("link-local or metadata"));
    }
  }
}
