package dev.estafet.node;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.TimelineHistory;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What a primary's WAL is, for one who wants to follow it.
 *
 * @param timelines that have led to where it writes now
 * @param oldest the first position of the oldest WAL that it still has
 */
@RegisterForReflection
public record History(String systemIdentifier, TimelineHistory timelines, Lsn oldest) {}
