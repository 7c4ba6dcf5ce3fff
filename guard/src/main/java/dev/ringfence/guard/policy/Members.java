package dev.ringfence.guard.policy;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.ringfence.guard.json.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The members of one object of guard.json: each is taken once, and {@link #done} refuses what
 * nobody took.
 */
final class Members {
  private final String path;
  private final Json.Obj object;
  private final Set<String> taken = new HashSet<>();

  Members(String path, @Nullable Json value) throws PolicyFault {
    this.path = path;
    if (!(value instanceof Json.Obj o)) {
      throw new PolicyFault(path.isEmpty() ? "it must be an object" : path + " must be an object");
    }
    this.object = o;
  }

  private String full(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  PolicyFault fault(String name, String must) {
    return new PolicyFault(full(name) + " " + must);
  }

  boolean has(String name) {
    return object.members().containsKey(name);
  }

  Json take(String name) throws PolicyFault {
    taken.add(name);
    Json value = object.get(name);
    if (value == null) {
      throw fault(name, "is missing");
    }
    return value;
  }

  Members members(String name) throws PolicyFault {
    return new Members(full(name), take(name));
  }

  String string(String name, java.util.regex.Pattern pattern) throws PolicyFault {
    if (take(name) instanceof Json.Str s && pattern.matcher(s.text()).matches()) {
      return s.text();
    }
    throw fault(name, "must be a string of the form " + pattern.pattern());
  }

  long integer(String name, long min, long max) throws PolicyFault {
    if (take(name) instanceof Json.Num n
        && n.asLong().isPresent()
        && n.asLong().getAsLong() >= min
        && n.asLong().getAsLong() <= max) {
      return n.asLong().getAsLong();
    }
    throw fault(name, "must be an integer from " + min + " to " + max);
  }

  int whole(String name, int min, int max) throws PolicyFault {
    return Math.toIntExact(integer(name, min, max));
  }

  Json.Num number(String name, double min, double max) throws PolicyFault {
    if (take(name) instanceof Json.Num n && n.asDouble() >= min && n.asDouble() <= max) {
      return n;
    }
    throw fault(name, "must be a number from " + min + " to " + max);
  }

  boolean bool(String name) throws PolicyFault {
    if (take(name) instanceof Json.Bool b) {
      return b == Json.Bool.TRUE;
    }
    throw fault(name, "must be true or false");
  }

  <T> T oneOf(String name, List<T> values, java.util.function.Function<T, String> label)
      throws PolicyFault {
    if (take(name) instanceof Json.Str s) {
      for (T v : values) {
        if (label.apply(v).equals(s.text())) {
          return v;
        }
      }
    }
    throw fault(name, "must be one of " + values.stream().map(label).toList());
  }

  List<Json> array(String name, int min, int max) throws PolicyFault {
    if (take(name) instanceof Json.Arr a && a.items().size() >= min && a.items().size() <= max) {
      return a.items();
    }
    throw fault(name, "must be a list of " + min + " to " + max + " entries");
  }

  List<String> strings(String name, int min, int max, java.util.regex.Pattern pattern)
      throws PolicyFault {
    List<String> out = new ArrayList<>();
    for (Json item : array(name, min, max)) {
      if (!(item instanceof Json.Str s) || !pattern.matcher(s.text()).matches()) {
        throw fault(name, "must hold strings of the form " + pattern.pattern());
      }
      if (out.contains(s.text())) {
        throw fault(name, "must not hold an entry twice");
      }
      out.add(s.text());
    }
    return List.copyOf(out);
  }

  Pattern re2(String name, @Nullable Json value) throws PolicyFault {
    if (value instanceof Json.Str s && !s.text().isEmpty() && s.text().length() <= 512) {
      try {
        Pattern p = Pattern.compile(s.text());
        if (!p.matcher("").find()) {
          return p;
        }
        throw fault(name, "must not match the empty text");
      } catch (PatternSyntaxException e) {
        throw fault(name, "must be a regular expression of RE2");
      }
    }
    throw fault(name, "must be a regular expression of at most 512 characters");
  }

  void done() throws PolicyFault {
    for (String name : object.members().keySet()) {
      if (!taken.contains(name)) {
        throw new PolicyFault(
            (path.isEmpty() ? "it" : path) + " holds a member that this version does not know");
      }
    }
  }
}
