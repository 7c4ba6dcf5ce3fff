package dev.ringfence.vllm;

import dev.ringfence.vllm.ArgumentVerdict.Allowed;
import dev.ringfence.vllm.ArgumentVerdict.Refused;
import dev.ringfence.vllm.Release.Resolution;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Judges one list of extra arguments: read as vLLM reads it, then held to the exact allow-list. */
final class Judge {

  private static final String ARGUMENT = "VLLM-208";
  private static final Pattern PLAIN_NAME = Pattern.compile("--?[A-Za-z][A-Za-z0-9._+-]{0,79}");
  private static final Pattern VISIBLE = Pattern.compile("[!-~]+");

  private final Classification classes;
  private final Release release;
  private final Set<String> allowed;
  private final List<ArgumentVerdict> verdicts = new ArrayList<>();
  private final Set<String> seen = new HashSet<>();

  Judge(Classification classes, Release release, Set<String> allowed) {
    this.classes = classes;
    this.release = release;
    this.allowed = allowed;
  }

  List<ArgumentVerdict> judge(List<String> args) {
    int i = 0;
    while (i < args.size()) {
      i = judge(args, i);
    }
    return verdicts;
  }

  /** Judges the argument that starts at i; returns where the next one starts. */
  private int judge(List<String> args, int i) {
    String element = args.get(i);
    String spelled = Release.nameOf(element);
    if (!element.startsWith("-") || !VISIBLE.matcher(spelled).matches()) {
      refuse(
          i,
          ARGUMENT,
          "must be one vLLM argument in plain ASCII, --name=value or the value as the next element",
          "remove it",
          Optional.empty(),
          Optional.empty());
      // What follows an unreadable name is its value; what follows a value is the next one.
      return element.startsWith("-") ? afterValues(args, i + 1) : i + 1;
    }
    Optional<String> shown =
        PLAIN_NAME.matcher(spelled).matches() ? Optional.of(spelled) : Optional.empty();
    int dot = spelled.indexOf('.');
    if (dot > 0) {
      // vLLM makes --x.y=v, --x.y v and --x.y+=v parts of a JSON value of --x.
      int next = spelled.length() < element.length() ? i + 1 : Math.min(i + 2, args.size());
      refuseAs(
          i, release.resolve(Release.dashed(spelled.substring(0, dot))), shown, Optional.empty());
      return next;
    }
    if (spelled.startsWith("-O")) {
      refuseAs(i, release.resolve("--optimization-level"), shown, Optional.empty());
      return spelled.equals("-O") && element.equals(spelled) ? afterValues(args, i + 1) : i + 1;
    }
    Resolution resolution = release.resolve(Release.dashed(element));
    if (!(resolution instanceof Resolution.Found found)) {
      refuseAs(i, resolution, shown, Optional.of(Release.dashed(spelled)));
      return spelled.length() < element.length() ? i + 1 : afterValues(args, i + 1);
    }
    Argument argument = found.argument();
    Optional<String> value = found.explicit();
    int next = i + 1;
    if (value.isEmpty()
        && argument.kind().takesValue()
        && next < args.size()
        && isWord(args.get(next))) {
      value = Optional.of(args.get(next));
      next = argument.kind() == Argument.Kind.MANY ? afterValues(args, next) : next + 1;
    }
    Optional<Openable> openable = openable(argument.name());
    if (openable.isEmpty() || !allowed.contains(argument.name())) {
      refuseAs(i, resolution, shown, Optional.empty());
    } else {
      judgeOpen(i, found, spelled, value, openable.orElseThrow());
    }
    return next;
  }

  private void judgeOpen(
      int i, Resolution.Found found, String spelled, Optional<String> value, Openable openable) {
    String name = openable.name();
    boolean takes = openable.takes(value);
    String canonical =
        openable.grammar() instanceof Openable.Grammar.Flag
            ? name
            : name + "=" + (takes ? value.orElse("") : openable.bound());
    if (found.negated()) {
      refuse(
          i,
          ARGUMENT,
          "must not negate an argument that is off by default",
          "remove it, or write " + name,
          Optional.of(spelled),
          Optional.of(name));
    } else if (!spelled.equals(name)) {
      refuse(
          i,
          ARGUMENT,
          "must be the canonical spelling of an argument",
          "write it as " + canonical,
          Optional.of(spelled),
          Optional.of(name));
    } else if (!seen.add(name)) {
      refuse(
          i,
          ARGUMENT,
          "must be given once, vLLM silently takes the last",
          "keep one of them",
          Optional.of(spelled),
          Optional.of(name));
    } else if (!takes) {
      refuse(
          i,
          ARGUMENT,
          "must have " + openable.bound(),
          "write " + name + " with " + openable.bound(),
          Optional.of(value.map(v -> name + "=" + v).orElse(name)),
          Optional.of(name));
    } else {
      verdicts.add(new Allowed(i, name, value));
    }
  }

  /** Refuses by what vLLM would take the element for. */
  private void refuseAs(
      int i, Resolution resolution, Optional<String> shown, Optional<String> formerName) {
    switch (resolution) {
      case Resolution.Ambiguous a ->
          refuse(
              i,
              ARGUMENT,
              "must be one argument, vLLM could take it for " + some(a.names()),
              "remove it, or write one name in full",
              shown,
              Optional.empty());
      case Resolution.Unknown u -> unknown(i, shown, formerName);
      case Resolution.Word w -> unknown(i, shown, formerName);
      case Resolution.Found found -> {
        String name = found.argument().name();
        Optional<String> canonical = Optional.of(name);
        String reading =
            shown.filter(name::equals).isPresent() ? "" : " (vLLM reads it as " + name + ")";
        Optional<Openable> openable = openable(name);
        if (openable.isPresent()) {
          String must =
              allowed.contains(name)
                  ? "must be the canonical spelling of an argument"
                  : "must be an argument that the policy opens";
          String fix =
              allowed.contains(name)
                  ? "write it as " + name + " with " + openable.orElseThrow().bound()
                  : "remove it"
                      + reading
                      + ", or have "
                      + name
                      + " added to spec.engine.allowedArguments of the VLLMPolicy";
          refuse(i, ARGUMENT, must, fix, shown, canonical);
          return;
        }
        switch (classes.of(name)) {
          case Classification.Treatment.Rendered r -> {
            switch (r.decision()) {
              case Classification.Decision.Field f ->
                  refuse(
                      i,
                      r.ruleId(),
                      "must not be given as an argument, " + f.path() + " decides it",
                      "set " + f.path() + " instead" + reading,
                      shown,
                      canonical);
              case Classification.Decision.Fixed f ->
                  refuse(
                      i,
                      r.ruleId(),
                      "must not be given, " + f.because(),
                      "remove it, Ringfence renders it itself" + reading,
                      shown,
                      canonical);
            }
          }
          case Classification.Treatment.Never n ->
              refuse(
                  i,
                  n.ruleId(),
                  "must not be given, " + n.because(),
                  n.fix() + reading,
                  shown,
                  canonical);
          case Classification.Treatment.Open o ->
              throw new IllegalStateException("an open argument was looked up above");
        }
      }
    }
  }

  private void unknown(int i, Optional<String> shown, Optional<String> formerName) {
    Optional<Classification.Treatment.Never> former = formerName.flatMap(classes::former);
    if (former.isPresent()) {
      Classification.Treatment.Never n = former.orElseThrow();
      refuse(i, n.ruleId(), "must not be given, " + n.because(), n.fix(), shown, Optional.empty());
    } else {
      refuse(
          i,
          ARGUMENT,
          "must be an argument of vLLM " + release.version(),
          "remove it",
          shown,
          Optional.empty());
    }
  }

  private static String some(List<String> names) {
    return names.size() <= 3
        ? String.join(" or ", names)
        : names.getFirst() + " and " + (names.size() - 1) + " more";
  }

  private Optional<Openable> openable(String name) {
    return classes.of(name) instanceof Classification.Treatment.Open open
        ? Optional.of(open.openable())
        : Optional.ofNullable(release.ownOpenable().get(name));
  }

  private void refuse(
      int i,
      String rule,
      String must,
      String fix,
      Optional<String> shown,
      Optional<String> canonical) {
    verdicts.add(new Refused(i, rule, must, fix, shown, canonical));
  }

  private boolean isWord(String element) {
    return release.resolve(Release.dashed(element)) instanceof Resolution.Word
        && !element.equals("--");
  }

  /** The first element from {@code start} on that is no value. */
  private int afterValues(List<String> args, int start) {
    int i = start;
    while (i < args.size() && isWord(args.get(i))) {
      i++;
    }
    return i;
  }
}
