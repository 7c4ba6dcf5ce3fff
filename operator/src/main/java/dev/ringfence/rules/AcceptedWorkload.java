package dev.ringfence.rules;

import java.util.List;
import java.util.Optional;

record AcceptedWorkload(
    String namespace,
    String name,
    List<String> servedNames,
    TrustedModel model,
    Optional<SecretEntry> token,
    Optional<Storage> storage,
    Engine engine,
    List<Tenant> tenants,
    Api api,
    Resources resources,
    Scheduling scheduling,
    RolloutStrategy rollout,
    int startupTimeoutSeconds,
    int drainSeconds,
    boolean suspended,
    Platform platform)
    implements Workload {}
