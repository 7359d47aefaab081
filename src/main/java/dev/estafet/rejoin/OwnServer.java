package dev.estafet.rejoin;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.PgControlData;
import dev.estafet.postgres.Timeline;
import dev.estafet.postgres.TimelineHistory;
import org.jspecify.annotations.Nullable;

/**
 * What this node's server has, whether it runs or not.
 *
 * @param runs whether there is a postmaster
 * @param wasPrimary whether it is a primary or, stopped, was one in its last life
 * @param isClosed whether a rewind that did not end has left the data useless
 * @param timeline the newest one that it has WAL of
 * @param history of that timeline; absent where its files do not tell
 * @param end of its WAL; absent where that cannot be read
 * @param hasRestoreCommand whether WAL that the primary no longer has can come from elsewhere
 */
record OwnServer(
        boolean runs,
        boolean wasPrimary,
        boolean isClosed,
        PgControlData control,
        Timeline timeline,
        @Nullable TimelineHistory history,
        @Nullable Lsn end,
        boolean hasRestoreCommand) {

    /**
     * Whether nothing after {@code fork} has been applied to its data: then the WAL beyond can be cut off, and there is
     * nothing to rewind. Never so of a primary, which applies what it writes.
     */
    boolean hasAppliedNothingAfter(Lsn fork) {
        return !wasPrimary
                && !control.recovery().point().isAfter(fork)
                && !control.checkpoint().isAfter(fork);
    }
}
