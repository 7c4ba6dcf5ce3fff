package dev.ringfence.rules;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Argo CD, Flux and many a chat bot quote the start of an error only: path, kind and rule of every
 * message of every example stand within its first 120 characters.
 */
final class QuotingTest {
  private static final int QUOTED = 120;
  private static final Pattern LINE =
      Pattern.compile(
          "(?:[A-Z]\\w+ \\S* ?: )?([a-z<].*?: (?:Required value|Invalid value|Forbidden|Unsupported value|Duplicate value|Too many): .*)");

  @Test
  void theStartOfEveryMessageSaysWhereWhatAndWhichRule() {
    List<String> late = new ArrayList<>();
    int seen = 0;
    for (Example example : Example.all()) {
      for (String line : example.expected()) {
        if (line.contains("warning: ")) {
          continue;
        }
        Matcher parts = LINE.matcher(line);
        assertThat(parts.matches()).as(line).isTrue();
        String message = parts.group(1);
        seen++;
        String start = message.substring(0, Math.min(QUOTED, message.length()));
        if (!start.matches(
            "\\S.*: (Required value|Invalid value|Forbidden|Unsupported value|Duplicate value|Too many): (.*: )?VLLM-[0-9]{3}.*")) {
          late.add(start);
        }
        assertThat(message).as("ASCII").matches("\\p{ASCII}*");
      }
    }
    assertThat(late).isEmpty();
    assertThat(seen).isGreaterThan(400);
  }
}
