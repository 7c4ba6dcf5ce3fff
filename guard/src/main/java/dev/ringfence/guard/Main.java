package dev.ringfence.guard;

import dev.ringfence.guard.run.GuardProgram;
import dev.ringfence.guard.run.Unusable;
import java.util.List;

/** The one entry of the image: {@code guard}, {@code fetch}, {@code verify}. */
public final class Main {
  private static final int UNUSABLE = 2;

  private Main() {}

  public static void main(String[] args) {
    List<String> rest = List.of(args).subList(Math.min(1, args.length), args.length);
    try {
      switch (args.length == 0 ? "" : args[0]) {
        case "guard" -> GuardProgram.run(rest);
        default -> throw new Unusable("usage: guard|fetch|verify ...");
      }
    } catch (Unusable e) {
      System.err.println("ringfence: " + e.reason());
      Runtime.getRuntime().halt(UNUSABLE);
    }
  }
}
