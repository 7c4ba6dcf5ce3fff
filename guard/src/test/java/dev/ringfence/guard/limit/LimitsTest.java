package dev.ringfence.guard.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitsTest {
  private static final long SECOND = 1_000_000_000L;

  /**
   * Taken at once, then after some seconds: what is refilled, and how long the next has to wait.
   */
  @ParameterizedTest
  @CsvSource({
    "60,60,1,1,1000",
    "60,60,0,0,1000",
    "6,6,9,0,1000",
    "6,6,10,1,10000",
    "6,3,0,3,0",
    "1,1,59,0,1000",
    "600,600,6,60,100"
  })
  void refillsEvenly(int perMinute, int taken, long seconds, long remaining, long wait) {
    Bucket b = new Bucket(perMinute, 0);
    for (int i = 0; i < taken; i++) {
      assertThat(b.take(1, perMinute, 0)).isTrue();
    }
    long now = seconds * SECOND;
    assertThat(b.remaining(perMinute, now)).isEqualTo(remaining);
    if (remaining == 0) {
      assertThat(b.take(1, perMinute, now)).isFalse();
      assertThat(b.millisUntil(1, perMinute, now)).isBetween(wait - 1, wait + 1);
    }
  }

  @Test
  void anotherLimitRefillsNothing() {
    Bucket b = new Bucket(5, 0);
    assertThat(b.take(5, 5, 0)).isTrue();
    assertThat(b.take(1, 600, 0)).isFalse();
    assertThat(b.take(11, 600, SECOND)).isFalse();
    assertThat(b.take(10, 600, SECOND)).isTrue();
    Bucket full = new Bucket(600, 0);
    assertThat(full.remaining(5, 0)).isEqualTo(5);
  }

  @Test
  void settlesWhatWasReserved() {
    Bucket b = new Bucket(1000, 0);
    assertThat(b.take(900, 1000, 0)).isTrue();
    b.give(800, 1000, 0);
    assertThat(b.remaining(1000, 0)).isEqualTo(900);
    b.give(-1500, 1000, 0);
    assertThat(b.remaining(1000, 0)).isZero();
    assertThat(b.take(1, 1000, 30 * SECOND)).isFalse();
    b.give(5000, 1000, 30 * SECOND);
    assertThat(b.remaining(1000, 30 * SECOND)).isEqualTo(1000);
  }

  /** Permits of the tenant, and of one id when there are several. */
  @ParameterizedTest
  @CsvSource({"32,true,16", "32,false,32", "3,true,1", "1,true,1", "2,true,1", "2,false,2"})
  void oneIdHoldsAtMostHalf(int most, boolean several, int held) {
    Permits p = new Permits();
    int n = 0;
    while (p.take("a", most, several)) {
      n++;
    }
    assertThat(n).isEqualTo(held);
    if (several && most > 1) {
      assertThat(p.take("b", most, true)).isTrue();
      p.release("b");
    }
    p.release("a");
    assertThat(p.take("a", most, several)).isTrue();
    assertThat(p.inFlight()).isEqualTo(held);
  }

  @Test
  void failuresAreCountedByAddress() throws Exception {
    Failures f = new Failures();
    InetAddress a = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    InetAddress b = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
    for (int i = 0; i < 20; i++) {
      assertThat(f.failed(a, 0)).isZero();
    }
    assertThat(f.failed(a, 0)).isEqualTo(3);
    assertThat(f.failed(b, 0)).isZero();
    assertThat(f.failed(a, 3 * SECOND)).isZero();
    assertThat(f.failed(a, 3 * SECOND)).isPositive();
  }
}
