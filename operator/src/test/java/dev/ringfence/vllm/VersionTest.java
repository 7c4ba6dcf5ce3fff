package dev.ringfence.vllm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionTest {

  @ParameterizedTest
  @CsvSource({
    "0.32.0, 0.32.0, 0.32.0",
    "0.10.1.1, 0.10.1.1, 0.10.1.1",
    "0.32.0.0, 0.32.0, 0.32.0",
    "0.8.5.post1, 0.8.5.post1, 0.8.5",
    "0.32.0+rocm, 0.32.0+rocm, 0.32.0",
    "0.32.0.post1+CU129.a_b-2, 0.32.0.post1+cu129.a.b.2, 0.32.0",
    "10.0.0, 10.0.0, 10.0.0",
  })
  void reads(String text, String normal, String base) {
    Version version = Version.parse(text).orElseThrow();
    assertThat(version).hasToString(normal);
    assertThat(version.base()).hasToString(base);
    assertThat(Version.parse(version.toString())).contains(version);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "0",
        "0.33",
        "v0.32.0",
        "V0.32.0",
        "0.32.0rc1",
        "0.32.0.rc1",
        "0.20.2rc0",
        "0.32.0.dev1",
        "0.32.0a1",
        "0.32.0-1",
        "0.32.0-post1",
        "0.32.0.post",
        "0.32.0.post01",
        "0.32.0post1",
        "0.32.0.POST1",
        "0.032.0",
        "0.32.00",
        "0.32.0.1.2",
        "0.32.x",
        "0.32.0+",
        "0.32.0+a+b",
        "0.32.0+.a",
        "0.32.0+a..b",
        "1!0.32.0",
        " 0.32.0",
        "0.32.0 ",
        "0.32.0\n",
        "0.32.9999999",
        "-0.32.0",
        "newest",
        "0.32.\u0660",
        ">=0.32.0",
        "0,32,0",
        "0.32.0+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      })
  void refuses(String text) {
    assertThat(Version.parse(text)).isEmpty();
  }

  @Test
  void ordersAsPep440Does() {
    List<String> rising =
        List.of(
            "0.9.0",
            "0.10.1",
            "0.10.1.1",
            "0.10.2",
            "0.28.0",
            "0.32.0",
            "0.32.0+abc",
            "0.32.0+abc.1",
            "0.32.0+b",
            "0.32.0+2",
            "0.32.0+10",
            "0.32.0.post0",
            "0.32.0.post1",
            "0.32.0.post1+a",
            "0.32.0.post10",
            "0.32.1",
            "0.100.0",
            "1.0.0");
    List<Version> versions = rising.stream().map(t -> Version.parse(t).orElseThrow()).toList();
    assertThat(versions).isSorted();
    for (int i = 0; i < versions.size(); i++) {
      for (int j = 0; j < versions.size(); j++) {
        assertThat(Integer.signum(versions.get(i).compareTo(versions.get(j))))
            .as("%s and %s", rising.get(i), rising.get(j))
            .isEqualTo(Integer.compare(i, j));
      }
    }
    assertThat(Version.parse("0.32.0.0+A-1")).isEqualTo(Version.parse("0.32.0+a.1"));
  }

  /** Range, a version in it or not. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.32.0           | 0.32.0 0.32.0.post1 0.32.0+rocm 0.32.0.post2+x | 0.31.0 0.32.1 0.32.0.1",
        "==0.32.0         | 0.32.0 0.32.0.post1 0.32.0+rocm                | 0.32.1",
        "!=0.32.0         | 0.32.1 0.31.0                                  | 0.32.0 0.32.0.post1 0.32.0+rocm",
        "<0.32.1          | 0.32.0 0.32.0.post1 0.0.0 0.32.0.9             | 0.32.1 0.32.1+a 0.32.1.post1",
        "<=0.32.0         | 0.32.0 0.32.0+a 0.32.0.post1 0.31.9            | 0.32.0.1 0.32.1",
        ">0.32.0          | 0.32.1 0.33.0 0.32.0.1                         | 0.32.0 0.32.0.post1 0.32.0+a",
        ">=0.32.0         | 0.32.0 0.32.0+a 0.32.0.post1 1.0.0             | 0.31.9",
        ">=0.32.0,<=0.32.0| 0.32.0 0.32.0.post1                            | 0.31.0 0.32.1",
        ">=0.30.0,<0.32.1,!=0.31.0 | 0.30.0 0.32.0                         | 0.31.0 0.31.0+a 0.32.1",
        "0.32.0.post1     | 0.32.0.post1 0.32.0.post1+a                    | 0.32.0 0.32.0.post2",
        "<0.32.0.post1    | 0.32.0 0.32.0+a                                | 0.32.0.post1 0.32.0.post1+a 0.32.0.post2",
        "<=0.32.0.post1   | 0.32.0 0.32.0.post1 0.32.0.post1+a             | 0.32.0.post2 0.32.1",
        "0.32.0+rocm      | 0.32.0+rocm 0.32.0+ROCM                        | 0.32.0 0.32.0+cpu",
        "!=0.32.0+rocm    | 0.32.0 0.32.0+cpu                              | 0.32.0+rocm",
        "<0.31.0,>0.32.0  | -                                              | 0.31.0 0.30.0 0.33.0",
      })
  void contains(String range, String in, String out) {
    VersionRange parsed = VersionRange.parse(range.strip()).orElseThrow();
    assertThat(versions(in)).allMatch(parsed::contains);
    assertThat(versions(out)).noneMatch(parsed::contains);
    assertThat(parsed).hasToString(range.strip());
  }

  private static List<Version> versions(String list) {
    return Stream.of(list.strip().split(" +"))
        .filter(t -> !t.equals("-"))
        .map(t -> Version.parse(t).orElseThrow())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ",",
        "<0.32.1,",
        ",<0.32.1",
        "<0.32.1,,>0.31.0",
        "<",
        "<0.32",
        "old",
        "=0.32.0",
        "===0.32.0",
        "~=0.32.0",
        "^0.32.0",
        "<>0.32.0",
        "=>0.32.0",
        "=<0.32.0",
        "<v0.32.0",
        "< 0.32.0",
        "<0.32.0 ",
        "<0.32.0, >0.31.0",
        "0.32.*",
        "<0.32.1rc1",
        "0.32.0 - 0.33.0",
        "<0.32.0;>0.31.0",
        "!0.32.0",
        "==",
        "<<0.32.0"
      })
  void refusesRanges(String text) {
    assertThat(VersionRange.parse(text)).isEmpty();
  }
}
