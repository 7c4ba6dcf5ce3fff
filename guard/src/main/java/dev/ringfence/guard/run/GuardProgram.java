package dev.ringfence.guard.run;

import dev.ringfence.guard.engine.EngineWatch;
import dev.ringfence.guard.policy.Contract;
import dev.ringfence.guard.policy.PolicyDocument;
import dev.ringfence.guard.proxy.Audit;
import dev.ringfence.guard.proxy.Rehearsal;
import dev.ringfence.guard.proxy.Server;
import dev.ringfence.guard.state.Drain;
import dev.ringfence.guard.state.LiveState;
import dev.ringfence.guard.state.PolicyView;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The program {@code guard}: the proxy beside the engine, and all that watches with it. */
public final class GuardProgram {
  private static final int LOOK_MILLIS = 50;
  private static final int RELOAD_EVERY = 10;
  private static final Duration REHEARSAL = Duration.ofMillis(700);

  private GuardProgram() {}

  /** Runs until SIGTERM. */
  public static void run(List<String> args) throws Unusable {
    Arguments a =
        new Arguments(
            args,
            Set.of(
                "--config",
                "--keys",
                "--engine",
                "--listen",
                "--admin",
                "--contract",
                "--tls-cert",
                "--tls-key",
                "--model",
                "--served",
                "--run",
                "--egress-probe"),
            Set.of());
    if (!a.operands().isEmpty()) {
      throw new Unusable("guard takes options only");
    }
    Optional<String> pinned = a.option("--contract");
    if (pinned.isPresent() && !pinned.get().matches("sha256:[0-9a-f]{64}")) {
      throw new Unusable("--contract must be sha256:<64 hex>");
    }
    PolicyFile policyFile = new PolicyFile(Path.of(a.required("--config")), pinned);
    PolicyDocument document = policyFile.first();
    Path keys = Path.of(a.required("--keys"));
    UnixDomainSocketAddress engine = engine(a.required("--engine"));
    InetSocketAddress listen = address("--listen", a.required("--listen"));
    InetSocketAddress admin = address("--admin", a.required("--admin"));
    Optional<Path> run = a.option("--run").map(Path::of);
    if (run.isPresent() && !Files.isDirectory(run.get())) {
      throw new Unusable("--run must be a folder");
    }
    Optional<Path> model = a.option("--model").map(Path::of);
    Optional<Path> served = a.option("--served").map(Path::of);
    if (model.isPresent() != served.isPresent()) {
      throw new Unusable("--model and --served go together");
    }
    Optional<InetSocketAddress> probe = Optional.empty();
    if (a.option("--egress-probe").isPresent()) {
      probe = Optional.of(address("--egress-probe", a.required("--egress-probe")));
    }
    Optional<TlsFiles> tls = Optional.empty();
    if (a.option("--tls-cert").isPresent() || a.option("--tls-key").isPresent()) {
      tls =
          Optional.of(
              new TlsFiles(Path.of(a.required("--tls-cert")), Path.of(a.required("--tls-key"))));
    }
    List<String> notDone = new ArrayList<>();
    leftOut(notDone, pinned.isPresent(), "contract is not pinned (--contract)");
    leftOut(notDone, model.isPresent(), "model is not verified (--model)");
    leftOut(notDone, run.isPresent(), "no run folder: the engine's start does not wait (--run)");
    leftOut(notDone, probe.isPresent(), "egress is not probed (--egress-probe)");
    leftOut(notDone, tls.isPresent(), "no TLS (--tls-cert)");
    LiveState live =
        new LiveState(
            PolicyView.of(document), model.isPresent(), probe.isPresent(), List.copyOf(notDone));
    Contract contract = document.contract();
    String servedFolder = served.map(Path::toString).orElse(contract.engine().servedFolder());
    EngineWatch watch = new EngineWatch(live, engine, servedFolder);
    Audit audit = new Audit();
    Server server;
    try {
      server =
          new Server(
              listen,
              admin,
              engine,
              live,
              audit,
              tls.map(t -> (Supplier<javax.net.ssl.SSLContext>) t::context).orElse(null),
              watch::look);
    } catch (IOException e) {
      throw new Unusable(
          "a port cannot be opened: " + String.valueOf(e.getMessage()).replaceAll("[^ -~]", "?"));
    }
    rehearse(live.policy(), served, run);
    KeyWatch keyWatch = new KeyWatch(keys);
    keyWatch.look(live);
    Drainer drainer = new Drainer(live, server::inFlight);
    Optional<ModelGate> gate = Optional.empty();
    if (model.isPresent() && served.isPresent()) {
      gate = Optional.of(new ModelGate(contract.model(), model.get(), served.get()));
    }
    Optional<ModelGate> verification = gate;
    Optional<RunFolder> folder = run.map(r -> new RunFolder(r, live, watch, drainer, verification));
    probe.ifPresent(p -> EgressProbe.start(p, live));
    folder.ifPresent(f -> watch.onChange(f::look));
    watch.start();
    watch.look();
    Optional<TlsFiles> tlsFiles = tls;
    Thread.ofPlatform()
        .name("watch")
        .daemon()
        .start(() -> watchFiles(live, policyFile, keyWatch, tlsFiles, folder, drainer));
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("terminate")
                .unstarted(
                    () -> {
                      drainer.begin();
                      while (live.drain() != Drain.DRAINED) {
                        try {
                          Thread.sleep(LOOK_MILLIS);
                        } catch (InterruptedException e) {
                          break;
                        }
                      }
                      audit.close();
                      // A drain that was asked for is a good end.
                      Runtime.getRuntime().halt(0);
                    }));
    try {
      server.run();
    } catch (IOException e) {
      throw new Unusable("the sockets cannot be watched");
    }
  }

  /** In the first folder that can be written: the image's own file system cannot. */
  private static void rehearse(PolicyView policy, Optional<Path> served, Optional<Path> run) {
    List<Path> folders = new ArrayList<>();
    served.map(Path::getParent).ifPresent(folders::add);
    run.ifPresent(folders::add);
    folders.add(Path.of(System.getProperty("java.io.tmpdir")));
    for (Path folder : folders) {
      if (Rehearsal.run(policy, folder, REHEARSAL) > 0) {
        return;
      }
    }
  }

  private static void leftOut(List<String> notDone, boolean there, String text) {
    if (!there) {
      notDone.add(text);
    }
  }

  private static void watchFiles(
      LiveState live,
      PolicyFile policy,
      KeyWatch keys,
      Optional<TlsFiles> tls,
      Optional<RunFolder> folder,
      Drainer drainer) {
    for (int turn = 1; ; turn++) {
      try {
        Thread.sleep(LOOK_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
      if (folder.isPresent()) {
        folder.get().look();
      } else {
        drainer.tick();
      }
      if (turn % RELOAD_EVERY == 0) {
        keys.look(live);
        policy.again(live);
        tls.ifPresent(t -> live.tlsError(t.again()));
      }
    }
  }

  private static UnixDomainSocketAddress engine(String text) throws Unusable {
    if (!text.startsWith("unix:/")) {
      throw new Unusable("--engine must be unix:/PATH");
    }
    return UnixDomainSocketAddress.of(text.substring("unix:".length()));
  }

  private static InetSocketAddress address(String name, String text) throws Unusable {
    int colon = text.lastIndexOf(':');
    if (colon > 0) {
      String host = text.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      try {
        int port = Integer.parseInt(text.substring(colon + 1));
        if (port > 0 && port < 65536) {
          return new InetSocketAddress(InetAddress.getByName(host), port);
        }
      } catch (NumberFormatException | UnknownHostException e) {
        // Said below.
      }
    }
    throw new Unusable(name + " must be HOST:PORT");
  }
}
