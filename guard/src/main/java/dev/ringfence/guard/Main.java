package dev.ringfence.guard;

import dev.ringfence.guard.run.FetchProgram;
import dev.ringfence.guard.run.GuardProgram;
import dev.ringfence.guard.run.RehearseProgram;
import dev.ringfence.guard.run.TrustProgram;
import dev.ringfence.guard.run.Unusable;
import dev.ringfence.guard.run.VerifyProgram;
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
        case "fetch" -> exit(FetchProgram.run(rest));
        case "rehearse" -> exit(RehearseProgram.run(rest));
        case "trust" -> exit(TrustProgram.run(rest));
        case "verify" -> exit(VerifyProgram.run(rest));
        default -> throw new Unusable("usage: guard|fetch|verify|trust ...");
      }
    } catch (Unusable e) {
      System.err.println("ringfence: " + e.reason());
      exit(UNUSABLE);
    }
  }

  /** Ends at once: no hook of a program that never began may hold it. */
  private static void exit(int code) {
    System.out.flush();
    System.err.flush();
    Runtime.getRuntime().halt(code);
  }
}
