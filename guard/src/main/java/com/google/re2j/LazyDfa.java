package com.google.re2j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether one of several patterns is found in a text: one pass, a table look-up a character, states
 * made when they are first met. RE2/J itself walks a set of threads for every character and
 * pattern, which takes a hundred times as long. It stays the judge where the states become too
 * many. Not for use by several threads.
 */
public final class LazyDfa {
  private static final int MATCH = -1;
  private static final int UNKNOWN = -2;

  /** Instructions held by all states together, before all are thrown away. */
  private static final int MOST_HELD = 400_000;

  /** How often states may be thrown away within one text. */
  private static final int MOST_FLUSHES = 8;

  private static final int END = 0;

  /** Longest array of characters that is kept between texts. */
  private static final int MOST_KEPT = 64 * 1024;

  private enum Before {
    BEGIN(-1),
    LINE_FEED('\n'),
    WORD('a'),
    OTHER(' ');

    private final int sample;

    Before(int sample) {
      this.sample = sample;
    }
  }

  /** A state: where threads stand before the next character, and what stood before it. */
  private record Place(List<Integer> threads, Before before) {}

  private final List<Pattern> patterns;
  private final List<Inst> instructions = new ArrayList<>();
  private final int[] offsets;
  private final int[] starts;
  private final int[] owner;

  private final Map<BitSet, Integer> classes = new HashMap<>();
  private final List<Integer> samples = new ArrayList<>();
  private final short[] classOf = new short[0x10000];
  private final Map<Integer, Integer> classBeyond = new HashMap<>();

  private final Map<Place, Integer> numbers = new HashMap<>();
  private final List<Place> places = new ArrayList<>();
  private int shift = 5;
  private int[] table = {};
  private char[] characters = {};
  private int held;

  public LazyDfa(List<Pattern> patterns) {
    this.patterns = List.copyOf(patterns);
    offsets = new int[patterns.size()];
    starts = new int[patterns.size()];
    List<Integer> owners = new ArrayList<>();
    for (int i = 0; i < patterns.size(); i++) {
      Prog prog = patterns.get(i).re2().prog;
      offsets[i] = instructions.size();
      starts[i] = offsets[i] + prog.start;
      for (int pc = 0; pc < prog.numInst(); pc++) {
        instructions.add(prog.getInst(pc));
        owners.add(i);
      }
    }
    owner = owners.stream().mapToInt(Integer::intValue).toArray();
    // Class 0 is the end of the text, which is no character.
    samples.add(-1);
    flush();
  }

  /** Whether a pattern asks for the beginning or the end of a text, rather than of a line. */
  public boolean knowsEndsOfText() {
    return instructions.stream()
        .anyMatch(
            i ->
                i.op == Inst.EMPTY_WIDTH
                    && (i.arg & (Utils.EMPTY_BEGIN_TEXT | Utils.EMPTY_END_TEXT)) != 0);
  }

  /** Whether a pattern is found anywhere in the text. */
  public boolean find(String text) {
    int n = text.length();
    if (characters.length < n) {
      characters = new char[Math.max(n, 1024)];
    }
    text.getChars(0, n, characters, 0);
    boolean found = find(text, n);
    if (characters.length > MOST_KEPT) {
      characters = new char[0];
    }
    return found;
  }

  private boolean find(String text, int n) {
    char[] c = characters;
    int flushes = 0;
    int state = number(new Place(List.of(), Before.BEGIN));
    int i = 0;
    while (true) {
      // Where everything is known: nothing but two look-ups a character.
      int[] t = table;
      int shift = this.shift;
      int next = UNKNOWN;
      int column = END;
      while (i < n) {
        column = classOf[c[i]];
        if (column == 0) {
          break;
        }
        next = t[(state << shift) + column];
        if (next < 0) {
          break;
        }
        state = next;
        i++;
      }
      int width = 1;
      if (i < n && column == 0) {
        if (Character.isHighSurrogate(c[i]) && i + 1 < n && Character.isLowSurrogate(c[i + 1])) {
          column = classBeyond(Character.toCodePoint(c[i], c[i + 1]));
          width = 2;
        } else {
          column = classOf(c[i]);
        }
      } else if (i == n) {
        column = END;
      }
      if (column >= 1 << this.shift) {
        Place place = places.get(state);
        flush();
        while (column >= 1 << this.shift) {
          this.shift++;
        }
        table = new int[16 << this.shift];
        Arrays.fill(table, UNKNOWN);
        state = number(place);
      }
      next = table[(state << this.shift) + column];
      if (next == UNKNOWN) {
        Place place = places.get(state);
        if (held > MOST_HELD) {
          if (++flushes > MOST_FLUSHES) {
            return patterns.stream().anyMatch(p -> p.matcher(text).find());
          }
          flush();
          state = number(place);
        }
        next = step(place, column);
        table[(state << this.shift) + column] = next;
      }
      if (next == MATCH) {
        return true;
      }
      if (i == n) {
        return false;
      }
      state = next;
      i += width;
    }
  }

  private void flush() {
    numbers.clear();
    places.clear();
    table = new int[16 << shift];
    Arrays.fill(table, UNKNOWN);
    held = 0;
  }

  private int number(Place place) {
    Integer known = numbers.get(place);
    if (known != null) {
      return known;
    }
    int number = places.size();
    numbers.put(place, number);
    places.add(place);
    held += place.threads().size() + 16 + (1 << shift);
    if ((number + 1) << shift > table.length) {
      int before = table.length;
      table = Arrays.copyOf(table, 2 * before);
      Arrays.fill(table, before, table.length, UNKNOWN);
    }
    return number;
  }

  // --- characters that no pattern tells apart are one class

  private int classOf(char c) {
    int number = newClass(c);
    classOf[c] = (short) number;
    return number;
  }

  private int classBeyond(int rune) {
    Integer known = classBeyond.get(rune);
    if (known == null) {
      known = newClass(rune);
      if (classBeyond.size() < 4096) {
        classBeyond.put(rune, known);
      }
    }
    return known;
  }

  private int newClass(int rune) {
    BitSet matches = new BitSet(instructions.size() + 2);
    for (int pc = 0; pc < instructions.size(); pc++) {
      Inst inst = instructions.get(pc);
      if (Inst.isRuneOp(inst.op) && inst.matchRune(rune)) {
        matches.set(pc);
      }
    }
    matches.set(instructions.size(), rune == '\n');
    matches.set(instructions.size() + 1, Utils.isWordRune(rune));
    Integer known = classes.get(matches);
    if (known == null) {
      known = samples.size();
      samples.add(rune);
      classes.put(matches, known);
    }
    return known;
  }

  // --- one step

  private int step(Place place, int column) {
    int rune = samples.get(column);
    int context = Utils.emptyOpContext(place.before().sample, rune);
    BitSet seen = new BitSet(instructions.size());
    BitSet next = new BitSet(instructions.size());
    int[] stack = new int[instructions.size() * 2 + starts.length + 1];
    int top = 0;
    // A match may begin anywhere.
    for (int start : starts) {
      stack[top++] = start;
    }
    for (int thread : place.threads()) {
      if (!seen.get(thread)) {
        top = walk(thread, stack, top, seen, next, context, rune);
        if (top < 0) {
          return MATCH;
        }
      }
    }
    while (top > 0) {
      int pc = stack[--top];
      if (!seen.get(pc)) {
        top = walk(pc, stack, top, seen, next, context, rune);
        if (top < 0) {
          return MATCH;
        }
      }
    }
    List<Integer> threads = next.stream().boxed().toList();
    Before before =
        rune == '\n' ? Before.LINE_FEED : Utils.isWordRune(rune) ? Before.WORD : Before.OTHER;
    return number(new Place(threads, before));
  }

  /**
   * Looks at one instruction: pushes what follows without a character; the new top of the stack, or
   * -1 for a match.
   */
  private int walk(int pc, int[] stack, int top, BitSet seen, BitSet next, int context, int rune) {
    seen.set(pc);
    Inst inst = instructions.get(pc);
    int offset = offsets[owner[pc]];
    int height = top;
    switch (inst.op) {
      case Inst.ALT, Inst.ALT_MATCH -> {
        height = push(stack, height, offset + inst.out, seen);
        height = push(stack, height, offset + inst.arg, seen);
      }
      case Inst.CAPTURE, Inst.NOP -> height = push(stack, height, offset + inst.out, seen);
      case Inst.EMPTY_WIDTH -> {
        if ((inst.arg & ~context) == 0) {
          height = push(stack, height, offset + inst.out, seen);
        }
      }
      case Inst.MATCH -> {
        return -1;
      }
      case Inst.FAIL -> {}
      default -> {
        if (rune >= 0 && inst.matchRune(rune)) {
          next.set(offset + inst.out);
        }
      }
    }
    return height;
  }

  private static int push(int[] stack, int top, int pc, BitSet seen) {
    if (seen.get(pc)) {
      return top;
    }
    stack[top] = pc;
    return top + 1;
  }
}
