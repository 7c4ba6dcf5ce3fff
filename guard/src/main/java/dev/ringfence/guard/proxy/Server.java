package dev.ringfence.guard.proxy;

import dev.ringfence.guard.state.LiveState;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The two ports and the loop behind them. */
public final class Server {
  private static final int BACKLOG = 1024;
  private static final int MOST_CONNECTIONS = 2048;
  private static final int MOST_ADMIN_CONNECTIONS = 64;
  private static final int TICK_MILLIS = 100;

  private final Loop loop;
  private final TenantService tenant;
  private final AdminService admin;

  /**
   * Opens both ports.
   *
   * @param tls the context for the tenant's port, asked for each connection, or null for plain HTTP
   * @param engineFailed told when the engine did not answer
   */
  public Server(
      InetSocketAddress listen,
      InetSocketAddress adminAddress,
      UnixDomainSocketAddress engine,
      LiveState live,
      AuditLog audit,
      @Nullable Supplier<SSLContext> tls,
      Runnable engineFailed)
      throws IOException {
    loop = new Loop();
    Metrics metrics = new Metrics();
    tenant = new TenantService(loop, live, engine, audit, metrics, engineFailed);
    admin = new AdminService(loop, live, engine, tenant, metrics);
    accept(
        listen,
        channel -> {
          if (tenant.connections().size() >= MOST_CONNECTIONS) {
            channel.close();
            return;
          }
          Wire wire =
              tls == null
                  ? new Wire.Plain(loop, channel)
                  : new TlsWire(loop, channel, tls.get().createSSLEngine());
          tenant.connections().add(new HttpConnection(loop, channel, wire, tenant));
        });
    accept(
        adminAddress,
        channel -> {
          if (admin.connections().size() >= MOST_ADMIN_CONNECTIONS) {
            channel.close();
            return;
          }
          admin
              .connections()
              .add(new HttpConnection(loop, channel, new Wire.Plain(loop, channel), admin));
        });
  }

  /** What is done with a new connection. */
  private interface Opener {
    void open(SocketChannel channel) throws IOException;
  }

  private void accept(InetSocketAddress address, Opener opener) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    server.bind(address, BACKLOG);
    loop.register(
        server,
        SelectionKey.OP_ACCEPT,
        (Loop.Acceptor)
            key -> {
              // All that wait: a burst must not cost a turn of the loop each.
              for (int i = 0; i < 64; i++) {
                SocketChannel channel = null;
                try {
                  channel = server.accept();
                  if (channel == null) {
                    return;
                  }
                  channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                  opener.open(channel);
                } catch (IOException e) {
                  if (channel == null) {
                    return;
                  }
                  try {
                    channel.close();
                  } catch (IOException again) {
                    // It is gone either way.
                  }
                }
              }
            });
  }

  /** Serves in the calling thread until {@link #stop}. */
  public void run() throws IOException {
    tick();
    loop.run();
  }

  private void tick() {
    long now = System.nanoTime();
    tenant.tick(now);
    admin.tick(now);
    inFlight = tenant.inFlight();
    loop.later(TICK_MILLIS, this::tick);
  }

  private volatile int inFlight;

  /** Requests in flight, as of the last tenth of a second. */
  public int inFlight() {
    return inFlight;
  }

  public void stop() {
    loop.stop();
  }
}
