package dev.ringfence.guard.proxy;

import dev.ringfence.guard.json.Bytes;
import dev.ringfence.guard.keys.KeyRing;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.Endpoint;
import dev.ringfence.guard.policy.Limits;
import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.state.EngineView;
import dev.ringfence.guard.state.KeysView;
import dev.ringfence.guard.state.LiveState;
import dev.ringfence.guard.state.PolicyView;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Sends requests of our own through the whole way, sockets and all, before the first client's, so
 * that those meet compiled code. Everything is of its own: loop, keys, limits, metrics, an engine
 * that stands in. The sockets lie in a folder that only this user may enter, and are gone with it.
 */
public final class Rehearsal {
  private static final String KEY = "rehearsal-" + TenantService.newId();

  /** Wide enough that no rehearsal is refused for its rate. */
  private static final int RATE = 1_000_000;

  private Rehearsal() {}

  /**
   * Rehearses for as long as is said; returns how many requests were answered, 0 where no socket
   * can be made.
   *
   * @param folder where a private folder for the sockets can be made
   */
  public static int run(PolicyView policy, Path folder, Duration most) {
    Path own;
    try {
      own = Files.createTempDirectory(folder, "r");
    } catch (IOException e) {
      return 0;
    }
    try {
      return within(policy, own, most);
    } catch (IOException e) {
      return 0;
    } finally {
      remove(own);
    }
  }

  private static void remove(Path own) {
    for (Path file : List.of(own.resolve("e"), own.resolve("g"), own)) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        // On a tmpfs: gone with the pod.
      }
    }
  }

  private static int within(PolicyView policy, Path own, Duration most) throws IOException {
    LiveState live = live(policy);
    Loop loop = new Loop();
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(own.resolve("g"));
    try (RehearsalEngine engine = new RehearsalEngine(own.resolve("e"));
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      TenantService tenant =
          new TenantService(loop, live, engine.address(), line -> {}, new Metrics(), () -> {});
      server.bind(address);
      loop.register(
          server,
          SelectionKey.OP_ACCEPT,
          (Loop.Acceptor)
              key -> {
                try {
                  SocketChannel c = server.accept();
                  if (c != null) {
                    tenant
                        .connections()
                        .add(new HttpConnection(loop, c, new Wire.Plain(loop, c), tenant));
                  }
                } catch (IOException e) {
                  // The rehearsal ends with nothing answered.
                }
              });
      Thread served = Thread.ofPlatform().name("rehearsal").daemon().start(() -> serve(loop));
      try {
        return ask(address, requests(live.policy().document().contract()), most);
      } finally {
        loop.stop();
        join(served);
      }
    }
  }

  private static void serve(Loop loop) {
    try {
      loop.run();
    } catch (IOException e) {
      // As above.
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join(1000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ready, with a key of our own and limits that do not stop us. */
  private static LiveState live(PolicyView policy) {
    PolicyDocument document = policy.document();
    Limits.Values v = document.limits().values();
    Limits.Values wide =
        new Limits.Values(
            v.maxPromptCharacters(),
            v.maxOutputTokens(),
            v.defaultOutputTokens(),
            v.temperature(),
            RATE,
            100 * RATE,
            8,
            v.denyPatternsMode());
    Limits limits = new Limits(wide, 1, document.limits().denyPatterns(), Optional.empty());
    LiveState live =
        new LiveState(
            PolicyView.of(
                new PolicyDocument(
                    document.contract(),
                    limits,
                    document.contractDigest(),
                    document.limitsDigest())),
            false,
            false,
            List.of());
    TreeMap<String, List<byte[]>> keys = new TreeMap<>();
    keys.put("rehearsal", List.of(KeyRing.digest(KEY)));
    live.keys(new KeysView(KeyRing.of(keys), Optional.empty(), 0));
    live.engine(
        new EngineView(
            true,
            1,
            Optional.of(new EngineView.Attestation(List.of())),
            Optional.of(new EngineView.SmokeResult(true, Instant.EPOCH, ""))));
    return live;
  }

  /** What clients send most: answers whole and streamed, and what is refused. */
  private static List<byte[]> requests(Contract contract) {
    String text =
        "The engine answers with an ordinary sentence about rivers and bridges. ".repeat(12);
    String model = "{\"model\":\"" + contract.servedNames().getFirst() + "\",";
    String messages = "\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]";
    List<byte[]> out = new ArrayList<>();
    for (Endpoint e : contract.endpoints()) {
      String subject =
          switch (e) {
            case CHAT -> messages + ",\"temperature\":0.7,\"max_tokens\":1";
            case MESSAGES, TOKENIZE -> messages;
            case COMPLETIONS -> "\"prompt\":\"" + text + "\"";
            case EMBEDDINGS, RESPONSES -> "\"input\":\"" + text + "\"";
            case MODELS -> "";
          };
      if (subject.isEmpty()) {
        out.add(request("GET", e, ""));
        continue;
      }
      out.add(request("POST", e, model + subject + "}"));
      out.add(request("POST", e, model + subject + ",\"no_such_field\":1}"));
      if (e == Endpoint.CHAT || e == Endpoint.COMPLETIONS) {
        // Twice: most requests are these two.
        out.add(request("POST", e, model + subject + "}"));
        out.add(request("POST", e, model + subject + ",\"stream\":true}"));
      }
    }
    return out;
  }

  private static byte[] request(String method, Endpoint endpoint, String body) {
    String head =
        method
            + " "
            + endpoint.path()
            + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: rehearsal\r\nAccept: */*\r\nAuthorization: Bearer "
            + KEY
            + "\r\nContent-Type: application/json\r\n"
            + (body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n")
            + "\r\n";
    return (head + body).getBytes(StandardCharsets.US_ASCII);
  }

  private static int ask(UnixDomainSocketAddress address, List<byte[]> requests, Duration most)
      throws IOException {
    long end = System.nanoTime() + most.toNanos();
    int answered = 0;
    try (SocketChannel c = SocketChannel.open(address)) {
      ByteBuffer in = ByteBuffer.allocate(64 * 1024);
      Bytes answer = new Bytes();
      while (System.nanoTime() < end) {
        ByteBuffer out = ByteBuffer.wrap(requests.get(answered % requests.size()));
        while (out.hasRemaining()) {
          c.write(out);
        }
        answer.clear();
        while (!complete(answer.toString())) {
          if (c.read(in.clear()) < 0) {
            return answered;
          }
          answer.add(in.array(), 0, in.position());
        }
        answered++;
      }
    }
    return answered;
  }

  private static boolean complete(String answer) {
    int end = answer.indexOf("\r\n\r\n");
    if (end < 0) {
      return false;
    }
    int length = answer.indexOf("Content-Length: ");
    return length < 0
        ? answer.endsWith("\r\n0\r\n\r\n")
        : answer.length()
            == end
                + 4
                + Integer.parseInt(answer.substring(length + 16, answer.indexOf('\r', length)));
  }
}
