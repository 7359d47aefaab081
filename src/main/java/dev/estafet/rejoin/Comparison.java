package dev.estafet.rejoin;

import dev.estafet.node.History;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.TimelineHistory.Parting;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * This server's history held against the primary's: a function of both, without any I/O.
 *
 * @param way the mildest one that leads behind the primary
 * @param why a sentence
 * @param fork where this server's history left the primary's; absent where it did not, or where that is not known
 */
@RegisterForReflection
public record Comparison(Way way, String why, @Nullable Fork fork) {

    /**
     * The branch that this server has and the primary has not.
     *
     * @param parting up to where they have the same
     * @param end of this server's WAL
     */
    @RegisterForReflection
    public record Fork(Parting parting, Lsn point, Lsn end) {

        long bytes() {
            return end.minus(point);
        }
    }

    static Comparison of(@Nullable OwnServer own, History primary) {
        if (own == null) {
            return copy("Its data directory holds no data, or only a part of it.");
        }
        if (own.isClosed()) {
            return copy("A rewind was begun and not brought to its end, so its data is of no use any more.");
        }
        if (!own.control().systemIdentifier().equals(primary.systemIdentifier())) {
            return copy("It holds another database cluster: its system identifier is %s, the primary's %s."
                    .formatted(own.control().systemIdentifier(), primary.systemIdentifier()));
        }
        var current = primary.timelines().current();
        if (own.timeline().equals(current)) {
            return own.wasPrimary()
                    ? copy("It was itself primary on timeline %s, on which another server is primary now."
                            .formatted(current))
                    : straight(own, primary, own.end());
        }
        if (own.history() == null || own.end() == null) {
            return copy("Its WAL on timeline %s cannot be read to the end.".formatted(own.timeline()));
        }
        var parting = own.history().partingFrom(primary.timelines());
        if (parting.isEmpty()) {
            return copy("Its history and the primary's have no timeline in common.");
        }
        return parting.get().covers(own.timeline(), own.end())
                ? straight(own, primary, own.end())
                : forked(own, parting.get(), own.end());
    }

    private static Comparison straight(OwnServer own, History primary, @Nullable Lsn end) {
        if (end != null && primary.oldest().isAfter(end) && !own.hasRestoreCommand()) {
            return copy("Its WAL ends at %s, and the primary's oldest begins at %s.".formatted(end, primary.oldest()));
        }
        return new Comparison(
                Way.STRAIGHT,
                "Its history on timeline %s is part of the primary's on timeline %s."
                        .formatted(own.timeline(), primary.timelines().current()),
                null);
    }

    private static Comparison forked(OwnServer own, Parting parting, Lsn end) {
        var point = parting.point() == null ? end : parting.point();
        var fork = new Fork(parting, point, end);
        var what =
                "It forked from the primary's history at %s on timeline %s, and its WAL ends at %s on timeline %s, %s later."
                        .formatted(point, parting.timeline(), end, own.timeline(), ByteSize.format(fork.bytes()));
        if (own.control().isRewindable() || own.hasAppliedNothingAfter(point)) {
            return new Comparison(Way.REWIND, what, fork);
        }
        return new Comparison(
                Way.CLONE, what + " It has neither data checksums nor wal_log_hints, so it cannot be rewound.", fork);
    }

    /** A rewind turned out to be impossible. */
    Comparison orCopy(String reason) {
        return new Comparison(Way.CLONE, why + " " + reason, fork);
    }

    private static Comparison copy(String why) {
        return new Comparison(Way.CLONE, why, null);
    }
}
