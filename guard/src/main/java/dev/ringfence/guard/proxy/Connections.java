package dev.ringfence.guard.proxy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The open connections of a port, and the memory that they share with what is done for them. When
 * it is used up, the connection that has got nowhere for the longest time pays with its end: a
 * client that sends slowly or does not read, rather than one that asks now.
 */
final class Connections {
  private final Set<HttpConnection> open = new HashSet<>();
  private final long most;
  private long held;

  /**
   * @param most bytes that may be held
   */
  Connections(long most) {
    this.most = most;
  }

  void add(HttpConnection connection) {
    open.add(connection);
  }

  void remove(HttpConnection connection) {
    open.remove(connection);
  }

  int size() {
    return open.size();
  }

  /** All of them, as of now. */
  List<HttpConnection> all() {
    return new ArrayList<>(open);
  }

  /** Whether so many bytes more may be held. */
  boolean room(long bytes) {
    return held + bytes <= most;
  }

  /** Counts bytes that are held from now on, or are let go. */
  void hold(long bytes) {
    held += bytes;
  }

  /**
   * Ends connections until the rest may stay. Returns whether the one that asks has to go too; it
   * ends itself, since it is in the middle of its work.
   */
  boolean relieve(HttpConnection asking) {
    while (held > most) {
      HttpConnection worst = longestStuck();
      if (worst == null) {
        return false;
      }
      if (worst == asking) {
        return true;
      }
      worst.drop();
    }
    return false;
  }

  private @Nullable HttpConnection longestStuck() {
    HttpConnection worst = null;
    for (HttpConnection c : open) {
      if (c.holds() > 0 && (worst == null || c.progress() - worst.progress() < 0)) {
        worst = c;
      }
    }
    return worst;
  }
}
