package dev.estafet.node;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.Comparator;

/**
 * The primary as a node saw it last.
 *
 * @param member who it was
 * @param lsn up to where it had written
 * @param seenAt by the clock of the primary's node
 */
@RegisterForReflection
public record LastPrimary(String member, String systemIdentifier, Timeline timeline, Lsn lsn, Instant seenAt) {

    /** The later one has the newer timeline, and on the same one more WAL. */
    public static final Comparator<LastPrimary> BY_PROGRESS =
            Comparator.comparing(LastPrimary::timeline).thenComparing(LastPrimary::lsn);
}
