package dev.ringfence.guard.state;

import dev.ringfence.guard.keys.KeyRing;
import java.util.Optional;

/**
 * The keys in force.
 *
 * @param error why the Secret that lies there now is unusable, if it is
 * @param reloadErrors how often a Secret turned out unusable
 */
public record KeysView(KeyRing ring, Optional<String> error, long reloadErrors) {}
