package dev.estafet.node;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Replay lag: what the node that it streams from has written and this standby has not replayed.
 *
 * @param bytes of WAL not yet replayed, by the last position that the upstream reported
 * @param seconds since the last replayed transaction was committed on the primary; 0 where all that was received is replayed
 */
@RegisterForReflection
public record Lag(long bytes, double seconds) {}
