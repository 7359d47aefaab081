package dev.estafet.node;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A demoted primary's last word, from its control file once that says {@code shut down}: it can write no more WAL.
 *
 * @param checkpoint <em>start</em> of the shutdown-checkpoint record, the last one that it wrote
 * @param waitedMillis from the stop's begin until the control file said so
 */
@RegisterForReflection
public record Shutdown(String systemIdentifier, Timeline timeline, Lsn checkpoint, double waitedMillis) {}
