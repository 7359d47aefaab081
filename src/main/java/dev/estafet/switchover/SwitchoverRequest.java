package dev.estafet.switchover;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A switchover as it is ordered, defaults filled in.
 *
 * @param candidate the standby that is to become primary
 * @param maxLagBytes replay lag up to which it begins
 * @param stopMillis how long the old primary may take to shut down
 * @param proveMillis how long the candidate may take to replay the end of its WAL
 * @param promoteMillis how long the promotion may take
 */
@RegisterForReflection
public record SwitchoverRequest(
        String candidate, long maxLagBytes, long stopMillis, long proveMillis, long promoteMillis) {}
