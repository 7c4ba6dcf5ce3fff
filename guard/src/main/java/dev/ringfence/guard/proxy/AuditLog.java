package dev.ringfence.guard.proxy;

import dev.ringfence.guard.json.Bytes;

/** Takes one line a request. */
public interface AuditLog {
  /** Adds a line (without its end); the bytes are not kept. */
  void line(Bytes text);
}
