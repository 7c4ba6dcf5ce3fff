package dev.ringfence.guard.run;

import dev.ringfence.guard.fetch.FetchFault;
import dev.ringfence.guard.fetch.Fetcher;
import dev.ringfence.guard.fetch.Http;
import dev.ringfence.guard.model.ModelDocument;
import dev.ringfence.guard.model.ModelFault;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The program {@code fetch --model FILE --into DIR [--token FILE] [--proxy URL] [--ca FILE]}: 0
 * there, 1 failed, 2 not usable.
 */
public final class FetchProgram {
  /** What a hub's token looks like: a Secret that holds something else is not sent anywhere. */
  private static final Pattern TOKEN = Pattern.compile("hf_[A-Za-z0-9]{20,}");

  private static final long LOG_EVERY_MILLIS = 10_000;
  private static final long SHOW_EVERY_MILLIS = 250;

  private FetchProgram() {}

  public static int run(List<String> args) throws Unusable {
    Arguments a =
        new Arguments(args, Set.of("--model", "--into", "--token", "--proxy", "--ca"), Set.of());
    if (!a.operands().isEmpty()) {
      throw new Unusable(
          "usage: fetch --model FILE --into DIR [--token FILE] [--proxy URL] [--ca FILE]");
    }
    ModelDocument model = VerifyProgram.model(a.required("--model"));
    Path into = Path.of(a.required("--into"));
    if (model.hub().isEmpty()) {
      throw new Unusable("the TrustedModel has no huggingFace source: there is nothing to fetch");
    }
    ModelDocument.Hub hub = model.hub().get();
    Fetcher fetcher;
    try {
      Optional<URI> proxy = Optional.empty();
      if (a.option("--proxy").isPresent()) {
        proxy = Optional.of(Http.proxy(a.required("--proxy")));
      }
      fetcher =
          new Fetcher(
              model,
              hub,
              into,
              new Http(proxy, a.option("--ca").map(Path::of), token(a.option("--token"), hub)));
    } catch (FetchFault e) {
      throw new Unusable(e.reason());
    }
    Thread progress =
        Thread.ofPlatform().name("progress").daemon().start(() -> show(fetcher, model));
    try {
      boolean fetched = fetcher.fetch();
      progress.interrupt();
      System.err.println(
          clear()
              + (fetched ? "fetched " : "already there: ")
              + model.facts().files().size()
              + " files of "
              + model.name()
              + ", "
              + size(fetcher.totalBytes()));
      return 0;
    } catch (ModelFault e) {
      progress.interrupt();
      System.err.println(clear() + "ringfence: refused: " + e.line());
    } catch (FetchFault e) {
      progress.interrupt();
      System.err.println(clear() + "ringfence: " + e.reason());
    } catch (IOException e) {
      progress.interrupt();
      System.err.println(
          clear() + "ringfence: the volume cannot be used: " + VerifyProgram.ioReason(e));
    }
    return 1;
  }

  /** The token, where it may be sent at all. */
  private static Optional<String> token(Optional<String> file, ModelDocument.Hub hub)
      throws Unusable {
    if (file.isEmpty()) {
      if (hub.gated()) {
        throw new Unusable("VLLM-406 the model is gated: it needs --token FILE");
      }
      return Optional.empty();
    }
    String token;
    try {
      token = Files.readString(Path.of(file.get())).strip();
    } catch (IOException e) {
      throw new Unusable("VLLM-406 the token's file cannot be read");
    }
    if (!TOKEN.matcher(token).matches()) {
      throw new Unusable(
          "VLLM-406 the token does not look like a hub's token (hf_...), so it is not sent anywhere; check tokenSecretRef");
    }
    if (!hub.token()) {
      System.err.println(
          "ringfence: the endpoint is not the hub and the TrustedModel does not say auth: Token, so the token is not sent");
      return Optional.empty();
    }
    return Optional.of(token);
  }

  private static boolean onTerminal() {
    try {
      // Console.isTerminal came after the release that we compile for.
      String stderr = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return stderr.startsWith("/dev/pts/") || stderr.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  private static String clear() {
    return onTerminal() ? "\r\033[K" : "";
  }

  private static void show(Fetcher fetcher, ModelDocument model) {
    boolean terminal = onTerminal();
    while (true) {
      try {
        Thread.sleep(terminal ? SHOW_EVERY_MILLIS : LOG_EVERY_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
      String line =
          "fetching "
              + model.name()
              + ": "
              + fetcher.files()
              + " of "
              + model.facts().files().size()
              + " files, "
              + size(fetcher.bytes())
              + " of "
              + size(fetcher.totalBytes());
      if (terminal) {
        System.err.print("\r\033[K" + line);
      } else {
        System.err.println(line);
      }
    }
  }

  static String size(long bytes) {
    if (bytes < 1_000_000) {
      return bytes + " bytes";
    }
    return bytes < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
        : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}
