package dev.ringfence.e2e.cluster;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Tests on a real control plane, one for the whole test run, with 256 NVIDIA and 16 AMD GPUs:
 * started when the first test needs it, stopped after the last. Constructors and methods may take a
 * {@link LocalControlPlane}, its administrator's {@code KubernetesClient}, an {@link AuditLog}, and
 * a {@link TestNamespace} that the test has for itself. A test that needs other options starts a
 * control plane of its own with {@link LocalControlPlane#start}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(ControlPlaneExtension.class)
public @interface WithControlPlane {}
