package dev.ringfence.guard.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Arguments as {@code --name value} or {@code --name=value}, each at most once, and what stands
 * behind them.
 */
public final class Arguments {
  private final Map<String, String> options = new HashMap<>();
  private final List<String> operands = new ArrayList<>();

  /**
   * Reads arguments.
   *
   * @param valued options that take a value
   * @param flags options that take none
   */
  public Arguments(List<String> arguments, Set<String> valued, Set<String> flags) throws Unusable {
    for (int i = 0; i < arguments.size(); i++) {
      String a = arguments.get(i);
      if (!a.startsWith("--")) {
        operands.add(a);
        continue;
      }
      int equals = a.indexOf('=');
      String name = equals < 0 ? a : a.substring(0, equals);
      String value;
      if (flags.contains(name) && equals < 0) {
        value = "";
      } else if (!valued.contains(name)) {
        throw new Unusable("there is no argument of the name that stands at place " + (i + 1));
      } else if (equals >= 0) {
        value = a.substring(equals + 1);
      } else if (i + 1 < arguments.size()) {
        value = arguments.get(++i);
      } else {
        throw new Unusable(name + " needs a value");
      }
      if (options.putIfAbsent(name, value) != null) {
        throw new Unusable(name + " is there twice");
      }
    }
  }

  public Optional<String> option(String name) {
    return Optional.ofNullable(options.get(name));
  }

  public boolean flag(String name) {
    return options.containsKey(name);
  }

  public String required(String name) throws Unusable {
    String value = options.get(name);
    if (value == null) {
      throw new Unusable(name + " is missing");
    }
    return value;
  }

  public List<String> operands() {
    return operands;
  }
}
