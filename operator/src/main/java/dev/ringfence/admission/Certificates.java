package dev.ringfence.admission;

/** Where the server's certificate comes from, and who is kept trusting it. */
public interface Certificates extends AutoCloseable {
  /** The certificate for a connection that begins now. */
  Identity identity();

  @Override
  void close();
}
