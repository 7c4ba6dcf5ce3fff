package dev.ringfence.guard.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing array of bytes. */
public final class Bytes {
  private static final byte[] NONE = {};

  /** Largest array that is kept while it is empty. */
  private static final int KEPT = 4096;

  private byte[] data;
  private int size;

  public Bytes() {
    this(0);
  }

  public Bytes(int capacity) {
    data = capacity == 0 ? NONE : new byte[capacity];
  }

  /** The array itself; valid up to {@link #size}, until the next change. */
  public byte[] array() {
    return data;
  }

  public int size() {
    return size;
  }

  /** Bytes of memory that it takes. */
  public int capacity() {
    return data.length;
  }

  /** Lets go of an array that holds nothing. */
  public void trim() {
    if (size == 0) {
      data = NONE;
    }
  }

  public byte at(int index) {
    return data[index];
  }

  /** Makes room for so many more bytes. */
  public void room(int more) {
    if (data.length - size < more) {
      data = Arrays.copyOf(data, Math.max(size + more, Math.max(256, size + (size >> 1))));
    }
  }

  public Bytes add(int b) {
    room(1);
    data[size++] = (byte) b;
    return this;
  }

  public Bytes add(byte[] source, int from, int count) {
    room(count);
    System.arraycopy(source, from, data, size, count);
    size += count;
    return this;
  }

  public Bytes add(byte[] source) {
    return add(source, 0, source.length);
  }

  /** Adds a text of ASCII characters only. */
  public Bytes ascii(String text) {
    int n = text.length();
    room(n);
    for (int i = 0; i < n; i++) {
      data[size + i] = (byte) text.charAt(i);
    }
    size += n;
    return this;
  }

  /** Takes so many bytes away from the front; an array that became empty is let go. */
  public void dropFirst(int count) {
    if (count == size) {
      clear();
    } else if (count > 0) {
      size -= count;
      System.arraycopy(data, count, data, 0, size);
    }
  }

  /** Empties it; a large array is let go. */
  public void clear() {
    size = 0;
    if (data.length > KEPT) {
      data = NONE;
    }
  }

  public byte[] toArray() {
    return Arrays.copyOf(data, size);
  }

  @Override
  public String toString() {
    return new String(data, 0, size, StandardCharsets.UTF_8);
  }
}
