package dev.ringfence.guard.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** VLLM-409: how far inside an address is. */
class NetworkTest {
  @ParameterizedTest
  @CsvSource({
    "93.184.216.34, PUBLIC",
    "172.15.255.255, PUBLIC",
    "172.32.0.1, PUBLIC",
    "100.63.0.1, PUBLIC",
    "100.128.0.1, PUBLIC",
    "192.167.1.1, PUBLIC",
    "2606:4700::1111, PUBLIC",
    "10.0.0.1, PRIVATE",
    "172.16.0.1, PRIVATE",
    "172.31.255.254, PRIVATE",
    "192.168.1.1, PRIVATE",
    "100.64.0.1, PRIVATE",
    "198.18.0.1, PRIVATE",
    "192.0.0.1, PRIVATE",
    "fc00::1, PRIVATE",
    "fd12:3456::1, PRIVATE",
    "fec0::1, PRIVATE",
    "::ffff:10.0.0.1, PRIVATE",
    "64:ff9b::10.0.0.1, PRIVATE",
    "2002:0a00:0001::1, PRIVATE",
    "127.0.0.1, LOOPBACK",
    "127.255.255.254, LOOPBACK",
    "::1, LOOPBACK",
    "::ffff:127.0.0.1, LOOPBACK",
    "64:ff9b::127.0.0.1, LOOPBACK",
    "169.254.169.254, FORBIDDEN",
    "169.254.170.2, FORBIDDEN",
    "fe80::1, FORBIDDEN",
    "fd00:ec2::254, FORBIDDEN",
    "100.100.100.200, FORBIDDEN",
    "192.0.0.192, FORBIDDEN",
    "168.63.129.16, FORBIDDEN",
    "64:ff9b::169.254.169.254, FORBIDDEN",
    "2002:a9fe:a9fe::1, FORBIDDEN",
    "::169.254.169.254, FORBIDDEN",
    "0.0.0.0, FORBIDDEN",
    "0.1.2.3, FORBIDDEN",
    "::, FORBIDDEN",
    "224.0.0.1, FORBIDDEN",
    "ff02::1, FORBIDDEN",
    "255.255.255.255, FORBIDDEN",
    "240.0.0.1, FORBIDDEN",
  })
  void knows(String address, Network network) throws UnknownHostException {
    assertThat(Network.of(InetAddress.getByName(address))).isEqualTo(network);
  }
}
