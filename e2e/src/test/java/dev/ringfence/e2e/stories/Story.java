package dev.ringfence.e2e.stories;

import dev.ringfence.e2e.cluster.Need;
import dev.ringfence.e2e.cluster.WithCluster;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/** Told on nodes that run containers, side by side with the others on one cluster. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("kind")
@WithCluster(
    nodes = Installation.NODES,
    needs = {Need.RUNNING_PODS, Need.GPUS, Need.IMAGE_VOLUMES, Need.IMAGE_ARCHIVES, Need.NODES})
public @interface Story {}
