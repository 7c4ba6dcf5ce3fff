package com.google.re2j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RE2/J is the oracle: what it finds, and only that, is found. */
class LazyDfaTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = false,
      textBlock =
          """
          (?i)ignore (all )?previous~please IGNORE ALL previous~true
          (?i)ignore (all )?previous~ignore al previous~false
          (?im)^\\s*(system|admin)\\s*:~x\\n  System :~true
          (?im)^\\s*(system|admin)\\s*:~operating system: Linux~false
          ^a~ba~false
          ^a~ab~true
          (?m)^a~b\\na~true
          a$~ab~false
          a$~ba~true
          a$~a\\n~false
          (?m)a$~a\\nb~true
          \\ba\\b~xa a~true
          \\ba\\b~xay~false
          \\Ba~xa~true
          \\Ba~a~false
          \\Aa\\z~a~true
          \\Aa\\z~aa~false
          a.c~a\\nc~false
          (?s)a.c~a\\nc~true
          [^a]~a~false
          a{3,5}b~aaaab~true
          a{3,5}b~aab~false
          (?i)ſ~S~true
          (?i)k~\u212a~true
          😀+x~😀😀x~true
          [😀-😂]~😁~true
          \\p{Greek}~α~true
          .~\u0000~true
          """)
  void findsAsRe2(String pattern, String text, boolean found) {
    String t = text.replace("\\n", "\n");
    Pattern p = Pattern.compile(pattern);
    assertThat(p.matcher(t).find()).isEqualTo(found);
    assertThat(new LazyDfa(List.of(p)).find(t)).isEqualTo(found);
  }

  private static String randomPattern(Random r, int depth) {
    String[] atoms = {
      "a", "b", ".", "\\s", "\\w", "[ab]", "[^a]", "^", "$", "\\b", "\\B", "(?m:^)", "(?m:$)",
      "(?i:A)", "é", "😀", "\\n", "\\A", "\\z", "(?s:.)"
    };
    if (depth == 0) {
      return atoms[r.nextInt(atoms.length)];
    }
    return switch (r.nextInt(7)) {
      case 0, 1, 2 -> randomPattern(r, depth - 1) + randomPattern(r, depth - 1);
      case 3 -> "(" + randomPattern(r, depth - 1) + "|" + randomPattern(r, depth - 1) + ")";
      case 4 -> "(?:" + randomPattern(r, depth - 1) + ")*";
      case 5 -> "(?:" + randomPattern(r, depth - 1) + "){1,3}";
      default -> "(?:" + randomPattern(r, depth - 1) + ")?";
    };
  }

  private static String randomText(Random r) {
    String[] pieces = {"a", "b", "A", " ", "\n", "é", "😀", "x", "_", "\ud800"};
    StringBuilder text = new StringBuilder();
    for (int i = r.nextInt(8); i > 0; i--) {
      text.append(pieces[r.nextInt(pieces.length)]);
    }
    return text.toString();
  }

  @Test
  void agreesOnRandomPatternsAndTexts() {
    Random r = new Random(20261125);
    for (int i = 0; i < 3000; i++) {
      List<Pattern> patterns = new ArrayList<>();
      for (int k = 1 + r.nextInt(3); k > 0; k--) {
        patterns.add(Pattern.compile(randomPattern(r, 4)));
      }
      LazyDfa dfa = new LazyDfa(patterns);
      for (int k = 0; k < 20; k++) {
        String text = randomText(r);
        boolean wanted = patterns.stream().anyMatch(p -> p.matcher(text).find());
        assertThat(dfa.find(text)).as("%s in %s", patterns, text).isEqualTo(wanted);
      }
    }
  }

  /**
   * A pattern whose states are as many as a text's tails: thrown away, then left to RE2/J, and
   * still right.
   */
  @Test
  void staysRightWhenStatesAreTooMany() {
    Pattern p = Pattern.compile("[ab]*a[ab]{400}x");
    Random r = new Random(7);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 6000; i++) {
      text.append(r.nextBoolean() ? 'a' : 'b');
    }
    LazyDfa dfa = new LazyDfa(List.of(p));
    assertThat(dfa.find(text.toString())).isFalse();
    assertThat(dfa.find(text + "x")).isEqualTo(p.matcher(text + "x").find());
  }
}
