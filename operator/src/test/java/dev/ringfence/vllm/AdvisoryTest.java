package dev.ringfence.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdvisoryTest {

  private static final Knowledge KNOWLEDGE = Knowledge.bundled();

  private static List<String> blocking(String version) {
    return KNOWLEDGE.advisories(Version.parse(version).orElseThrow()).stream()
        .filter(Advisory::blocks)
        .map(Advisory::id)
        .toList();
  }

  @ParameterizedTest
  @CsvSource({
    "0.28.0, PYSEC-2026-4324, CVE-2026-93592",
    "0.29.0, CVE-2026-105752, PYSEC-2026-4324",
    "0.29.0, CVE-2026-94627, CVE-2026-93840",
    "0.30.0, GHSA-4xqp-c3mv-qff7, CVE-2026-93841",
    "0.30.0.post1, GHSA-h3rc-6mm3-gc2m, CVE-2026-94622",
    "0.31.0, CVE-2026-115911, GHSA-h3rc-6mm3-gc2m",
    "0.31.0+rocm, GHSA-x9pq-jx6q-p3qv, GHSA-823j-m4cj-hmjf",
  })
  void oldVersionsAreBlocked(String version, String by, String notBy) {
    assertThat(blocking(version)).contains(by).doesNotContain(notBy);
  }

  @ParameterizedTest
  @CsvSource({"0.32.0", "0.33.0", "0.32.0.post1", "0.33.0+cpu", "0.34.0"})
  void currentVersionsAreNot(String version) {
    assertThat(blocking(version)).isEmpty();
  }

  /**
   * Its recorded range is every version and no fix is recorded: it is shown, and blocks nothing.
   */
  @Test
  void theOneWithoutAnEndDoesNotBlock() {
    assertThat(KNOWLEDGE.advisories(Version.parse("0.33.0").orElseThrow()))
        .singleElement()
        .satisfies(
            a -> {
              assertThat(a.aliases()).contains("GHSA-98f3-hwg4-4rf7");
              assertThat(a.what()).contains("does not block");
            });
  }

  @Test
  void everyRowIsPlainAndAgreesWithItself() {
    Set<String> numbers = new HashSet<>();
    List<Advisory> all = KNOWLEDGE.advisories();
    assertThat(all).hasSizeGreaterThan(100);
    for (Advisory a : all) {
      assertThat(a.id()).matches("(CVE-\\d{4}-\\d{4,6}|GHSA(-[0-9a-z]{4}){3}|PYSEC-\\d{4}-\\d+)");
      assertThat(numbers.add(a.id())).as(a.id()).isTrue();
      assertThat(a.aliases()).allMatch(numbers::add);
      assertThat(a.what()).matches("[ -~]{10,250}");
      assertThat(a.source()).isNotEmpty();
      a.fixed().ifPresent(f -> assertThat(a.affected().contains(f)).as(a.id()).isFalse());
      if (!a.blocks()) {
        assertThat(a.fixed()).isEmpty();
      }
    }
  }
}
