package dev.ringfence.e2e.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * OpenAI's own clients, as published and unchanged, against guards. They are installed at the
 * versions of the lock files, once, into the user's cache.
 */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientsIT {
  private static final String KEY = "clients-0123456789-0123456789-0123456789";
  private static final Path CLIENTS =
      Path.of("src", "test", "resources", "clients").toAbsolutePath();
  @TempDir private static Path folder;
  private StandInEngine engine;
  private final List<GuardProcess> guards = new ArrayList<>();
  private final List<String> arguments = new ArrayList<>();

  @BeforeAll
  void start() throws Exception {
    engine = new StandInEngine(folder.resolve("e"), "fine");
    String many = "\"requestsPerMinute\": 100000";
    String tokens = "\"tokensPerMinute\": 10000000";
    guard(
        "chat",
        many,
        tokens,
        "\"endpoints\": [\"chat\", \"completions\", \"models\", \"responses\"]");
    guard("embeddings", many, tokens, "\"endpoints\": [\"embeddings\", \"models\"]");
    guard("rate", "\"requestsPerMinute\": 60", tokens);
    arguments.add(KEY);
  }

  private void guard(String name, String... limits) throws Exception {
    Path own = Files.createDirectory(folder.resolve(name));
    Files.writeString(Files.createDirectory(own.resolve("keys")).resolve("client"), KEY);
    GuardProcess guard = new GuardProcess(own, engine.address(), List.of(limits));
    guards.add(guard);
    arguments.add("http://127.0.0.1:" + guard.port);
  }

  @AfterAll
  void stop() throws Exception {
    guards.forEach(GuardProcess::close);
    engine.close();
  }

  /** A folder of the cache for what a lock file names. */
  private static Path cache(String language, Path lock) throws Exception {
    String digest =
        HexFormat.of()
            .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(lock)))
            .substring(0, 16);
    String home =
        System.getenv().getOrDefault("XDG_CACHE_HOME", System.getProperty("user.home") + "/.cache");
    return Files.createDirectories(Path.of(home, "ringfence", "clients", language + "-" + digest));
  }

  private static String run(Path in, String... command) throws IOException, InterruptedException {
    Process p =
        new ProcessBuilder(command).directory(in.toFile()).redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(said).isZero();
    return said;
  }

  private String[] with(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(arguments);
    return all.toArray(String[]::new);
  }

  @Test
  void python() throws Exception {
    Path lock = CLIENTS.resolve("python").resolve("requirements.txt");
    Path cache = cache("python", lock);
    if (!Files.exists(cache.resolve("installed"))) {
      run(cache, "python3", "-m", "venv", "v");
      run(cache, "v/bin/pip", "install", "--quiet", "--no-deps", "-r", lock.toString());
      Files.createFile(cache.resolve("installed"));
    }
    String said =
        run(cache, with("v/bin/python", CLIENTS.resolve("python").resolve("client.py").toString()));
    System.out.print("guard: " + said);
    assertThat(said).contains("all as it should be");
  }

  @Test
  void javascript() throws Exception {
    Path source = CLIENTS.resolve("javascript");
    Path cache = cache("javascript", source.resolve("package-lock.json"));
    if (!Files.exists(cache.resolve("installed"))) {
      for (String name : List.of("package.json", "package-lock.json")) {
        Files.copy(
            source.resolve(name),
            cache.resolve(name),
            java.nio.file.StandardCopyOption.REPLACE_EXISTING);
      }
      run(cache, "npm", "ci", "--silent", "--no-audit", "--no-fund");
      Files.createFile(cache.resolve("installed"));
    }
    Files.copy(
        source.resolve("client.mjs"),
        cache.resolve("client.mjs"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    String said = run(cache, with("node", "client.mjs"));
    System.out.print("guard: " + said);
    assertThat(said).contains("all as it should be");
  }
}
