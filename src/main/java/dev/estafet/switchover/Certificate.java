package dev.estafet.switchover;

import dev.estafet.node.Shutdown;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;

/**
 * The proof, kept with the operation, that a switchover lost nothing: the old primary's last record lies wholly before
 * the point at which the new timeline begins.
 *
 * @param zeroLoss whether the proof holds
 * @param verdict the proof in a sentence
 * @param shutdownCheckpoint start of the last record that the old primary wrote, by its control file
 * @param replayedBeforePromotion up to where the candidate had replayed when it decided to promote
 * @param switchPoint where the new timeline begins, by its history file
 * @param writeDowntimeMillis from the demotion's begin to the first committed write on the new primary, by the driver's
 *     clock
 */
@RegisterForReflection
public record Certificate(
        String operation,
        String cluster,
        String oldPrimary,
        String newPrimary,
        List<String> followers,
        boolean zeroLoss,
        String verdict,
        String systemIdentifier,
        Timeline oldTimeline,
        Timeline newTimeline,
        Lsn shutdownCheckpoint,
        Lsn replayedBeforePromotion,
        Lsn switchPoint,
        double writeDowntimeMillis,
        Instant issuedAt) {

    /** Whether a timeline that begins at {@code switchPoint} contains all that was written before the shutdown. */
    static boolean holds(Shutdown shutdown, Lsn replayed, Lsn switchPoint) {
        return replayed.isAfter(shutdown.checkpoint()) && switchPoint.compareTo(replayed) >= 0;
    }

    static String verdict(boolean holds, Shutdown shutdown, Lsn replayed, Lsn switchPoint) {
        return holds
                ? ("Nothing was lost: the old primary's last record began at %s, the candidate had replayed up to %s, and"
                                + " the new timeline begins at %s.")
                        .formatted(shutdown.checkpoint(), replayed, switchPoint)
                : "Not proven: last record at %s, replayed up to %s, new timeline from %s."
                        .formatted(shutdown.checkpoint(), replayed, switchPoint);
    }
}
