package dev.ringfence.guard.run;

import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.policy.PolicyFault;
import dev.ringfence.guard.state.LiveState;
import dev.ringfence.guard.state.PolicyView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads guard.json, and reads it again: another contract, or a limit above its ceiling, leaves the
 * former one in force.
 */
final class PolicyFile {
  private static final int MOST_BYTES = 2 * 1024 * 1024;

  private final Path file;
  private final Optional<String> pinned;
  private byte[] seen = {};

  PolicyFile(Path file, Optional<String> pinned) {
    this.file = file;
    this.pinned = pinned;
  }

  /** Reads it for the first time. */
  PolicyDocument first() throws Unusable {
    byte[] text;
    try {
      text = read();
    } catch (IOException e) {
      throw new Unusable("guard.json cannot be read");
    }
    try {
      PolicyDocument document = document(text);
      seen = text;
      return document;
    } catch (PolicyFault e) {
      throw new Unusable("guard.json cannot be used: " + e.reason());
    }
  }

  /** Looks whether it changed, and puts what can be used in force. */
  void again(LiveState live) {
    byte[] text;
    try {
      text = read();
    } catch (IOException e) {
      live.policy(
          live.policy()
              .withError(Optional.of("guard.json cannot be read; the former limits are in force")));
      seen = new byte[0];
      return;
    }
    if (Arrays.equals(text, seen)) {
      return;
    }
    seen = text;
    try {
      PolicyDocument document = document(text);
      if (!document.contractDigest().equals(live.policy().document().contractDigest())) {
        throw new PolicyFault("its contract is another one");
      }
      live.policy(PolicyView.of(document));
    } catch (PolicyFault e) {
      live.policy(
          live.policy()
              .withError(
                  Optional.of(
                      "guard.json is refused, the former limits are in force: " + e.reason())));
    }
  }

  private PolicyDocument document(byte[] text) throws PolicyFault {
    PolicyDocument document = PolicyDocument.read(text);
    if (pinned.isPresent() && !pinned.get().equals(document.contractDigest())) {
      throw new PolicyFault("its contract is not the one that --contract pins");
    }
    return document;
  }

  private byte[] read() throws IOException {
    try (java.io.InputStream in = Files.newInputStream(file)) {
      byte[] text = in.readNBytes(MOST_BYTES + 1);
      if (text.length > MOST_BYTES) {
        throw new IOException("too large");
      }
      return text;
    }
  }
}
