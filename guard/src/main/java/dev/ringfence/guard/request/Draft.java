package dev.ringfence.guard.request;

import dev.ringfence.guard.Rule;
import dev.ringfence.guard.http.Refusal;
import dev.ringfence.guard.http.Refused;
import dev.ringfence.guard.json.Json;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.Limits;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A request while it is checked: what was accepted so far, and the text that was met. */
final class Draft {
  final Contract contract;
  final Limits.Values limits;
  final Json.Obj out = new Json.Obj();

  /** Text that reaches the template, in its order. */
  final List<String> prompt = new ArrayList<>();

  /** Text that is searched for deny patterns, but reaches no template. */
  final List<String> other = new ArrayList<>();

  int characters;
  String model = "";
  boolean stream;
  boolean usageAsked;
  int n = 1;
  int prompts = 1;
  int outputTokens;

  Draft(Contract contract, Limits.Values limits) {
    this.contract = contract;
    this.limits = limits;
  }

  /** Takes text that reaches the template. */
  void text(String text) throws Refused {
    prompt.add(text);
    count(text);
  }

  /** Counts text that reaches the template without being searched on its own. */
  void count(String text) throws Refused {
    characters += text.codePointCount(0, text.length());
    if (characters > limits.maxPromptCharacters()) {
      throw new Refused(
          Refusal.field(
              Rule.PROMPT_LENGTH,
              null,
              "the prompt may have at most "
                  + limits.maxPromptCharacters()
                  + " characters, all of its parts together"));
    }
  }

  // --- refusals

  static Refused refused(Rule rule, @Nullable String param, String message) {
    return new Refused(Refusal.field(rule, param, message));
  }

  /** A fault of shape: rule 306. */
  static Refused shape(@Nullable String param, String message) {
    return refused(Rule.REQUEST_FIELDS, param, message);
  }

  /** An unknown field, in a field that is named, or in a place that is described. */
  static Refused unknown(String where) {
    return shape(where.contains(" ") ? null : where, where + " holds a field that is not allowed");
  }

  // --- values

  static Json.Obj object(@Nullable Json value, String param) throws Refused {
    if (value instanceof Json.Obj o) {
      return o;
    }
    throw shape(param, param + " must be an object");
  }

  static List<Json> array(@Nullable Json value, String param, int least, int most) throws Refused {
    if (value instanceof Json.Arr a && a.items().size() >= least && a.items().size() <= most) {
      return a.items();
    }
    throw shape(param, param + " must be a list of " + least + " to " + most + " entries");
  }

  static String string(@Nullable Json value, String param, int most) throws Refused {
    if (value instanceof Json.Str s && s.text().length() <= most) {
      return s.text();
    }
    throw shape(
        param,
        param
            + " must be a string"
            + (most == Integer.MAX_VALUE ? "" : " of at most " + most + " characters"));
  }

  static boolean bool(@Nullable Json value, String param) throws Refused {
    if (value instanceof Json.Bool b) {
      return b == Json.Bool.TRUE;
    }
    throw shape(param, param + " must be true or false");
  }

  static long integer(Rule rule, @Nullable Json value, String param, long min, long max)
      throws Refused {
    if (value instanceof Json.Num n
        && n.asLong().isPresent()
        && n.asLong().getAsLong() >= min
        && n.asLong().getAsLong() <= max) {
      return n.asLong().getAsLong();
    }
    throw refused(rule, param, param + " must be an integer from " + min + " to " + max);
  }

  static void number(Json value, String param, double min, double max) throws Refused {
    if (value instanceof Json.Num n && n.asDouble() >= min && n.asDouble() <= max) {
      return;
    }
    throw refused(
        Rule.SAMPLING, param, param + " must be a number from " + plain(min) + " to " + plain(max));
  }

  /** A number above an end that is excluded. */
  static void numberAbove(Json value, String param, double above, double max) throws Refused {
    if (value instanceof Json.Num n && n.asDouble() > above && n.asDouble() <= max) {
      return;
    }
    throw refused(
        Rule.SAMPLING,
        param,
        param + " must be a number above " + plain(above) + ", at most " + plain(max));
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  static String oneOf(@Nullable Json value, String param, List<String> values) throws Refused {
    if (value instanceof Json.Str s && values.contains(s.text())) {
      return s.text();
    }
    throw shape(param, param + " must be one of " + String.join(", ", values));
  }
}
