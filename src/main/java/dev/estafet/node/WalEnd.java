package dev.estafet.node;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The end of all that a stopped server has written, read in its WAL.
 *
 * @param timeline its newest, on which the end lies
 */
@RegisterForReflection
public record WalEnd(String systemIdentifier, Timeline timeline, Lsn lsn) {}
