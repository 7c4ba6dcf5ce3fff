package dev.ringfence.guard.run;

import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.policy.PolicyFault;
import dev.ringfence.guard.proxy.Rehearsal;
import dev.ringfence.guard.state.PolicyView;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The program {@code rehearse}: the guard's common path on requests of its own, and nothing else.
 * Run once under {@code -XX:AOTCacheOutput}, it makes the cache from which the guard starts fast.
 */
public final class RehearseProgram {
  private static final Duration LONG = Duration.ofSeconds(4);

  private RehearseProgram() {}

  public static int run(List<String> args) throws Unusable {
    if (!args.isEmpty()) {
      throw new Unusable("rehearse takes no arguments");
    }
    PolicyDocument document;
    try (InputStream in = RehearseProgram.class.getResourceAsStream("rehearsal.json")) {
      if (in == null) {
        throw new Unusable("the rehearsal's policy is missing");
      }
      document = PolicyDocument.read(in.readAllBytes());
    } catch (IOException | PolicyFault e) {
      throw new Unusable("the rehearsal's policy cannot be read");
    }
    int answered =
        Rehearsal.run(PolicyView.of(document), Path.of(System.getProperty("java.io.tmpdir")), LONG);
    if (answered == 0) {
      throw new Unusable("no socket can be made in the folder for temporary files");
    }
    System.out.println("rehearsed " + answered + " requests");
    return 0;
  }
}
