package dev.ringfence.guard.run;

import dev.ringfence.guard.keys.KeyFolder;
import dev.ringfence.guard.keys.KeyRing;
import dev.ringfence.guard.state.KeysView;
import dev.ringfence.guard.state.LiveState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Reads the folder of keys again and again: a good one is in force at once, an unusable one changes
 * nothing and is told.
 */
final class KeyWatch {
  /** A folder that looks the same is read again all the same after so many looks. */
  private static final int READ_ANYWAY = 10;

  private final Path folder;
  private String seen = "";
  private int looks;

  KeyWatch(Path folder) {
    this.folder = folder;
  }

  void look(LiveState live) {
    String link = link();
    if (!link.isEmpty() && link.equals(seen) && ++looks < READ_ANYWAY) {
      return;
    }
    looks = 0;
    seen = link;
    KeysView before = live.keys();
    try {
      KeyRing ring = KeyFolder.read(folder);
      if (before.error().isPresent() || !ring.generation().equals(before.ring().generation())) {
        live.keys(new KeysView(ring, Optional.empty(), before.reloadErrors()));
      }
    } catch (KeyFolder.Unusable e) {
      Optional<String> error = Optional.of(e.reason());
      if (!error.equals(before.error())) {
        live.keys(new KeysView(before.ring(), error, before.reloadErrors() + 1));
      }
    }
  }

  /** Where the kubelet's link points, or nothing in a plain folder. */
  private String link() {
    try {
      return Files.readSymbolicLink(folder.resolve("..data")).toString();
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }
}
