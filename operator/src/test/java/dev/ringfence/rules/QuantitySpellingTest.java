package dev.ringfence.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spellings that an API server gives back unchanged (apimachinery, Quantity.CanonicalizeBytes). */
class QuantitySpellingTest {
  @ParameterizedTest
  @CsvSource({
    "48Gi, 48Gi",
    "1024Mi, 1Gi",
    "1536Mi, 1536Mi",
    "0.5Gi, 512Mi",
    "1500M, 1500M",
    "6000M, 5859375Ki",
    "1000, 1k",
    "1e9, 1G",
    "1500000001, 1500000001",
    "1.5, 2",
    "1Ei, 1Ei",
    "7Ei, 7Ei",
    "0, 0"
  })
  void bytes(String written, String canonical) {
    assertThat(Quantity.parse(written).orElseThrow().binary()).isEqualTo(canonical);
  }

  @ParameterizedTest
  @CsvSource({"8, 8", "8000m, 8", "12.5, 12500m", "0.0001, 1m", "1000, 1k", "1500, 1500"})
  void cores(String written, String canonical) {
    assertThat(Quantity.parse(written).orElseThrow().decimal()).isEqualTo(canonical);
  }
}
