package dev.estafet.switchover;

import dev.estafet.node.Shutdown;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The proof, kept with the operation, that a switchover lost nothing: the old primary's last record lies wholly before
 * the point at which the new timeline begins.
 */
@RegisterForReflection
@Schema(description = "The proof that a switchover lost nothing, and how long writes were down.")
public record Certificate(
        @Schema(description = "The operation's id.", examples = "pg2-20261122T220312576-ef97")
        String operation,

        @Schema(description = "Name of the cluster.", examples = "shop")
        String cluster,

        @Schema(description = "Who was the primary.", examples = "pg1")
        String oldPrimary,

        @Schema(description = "Who is the primary now.", examples = "pg2")
        String newPrimary,

        @Schema(description = "The standbys that follow it, the old primary among them.", examples = "[\"pg1\"]")
        List<String> followers,

        @Schema(description = "Whether the proof holds.") boolean zeroLoss,
        @Schema(description = "The proof in a sentence.") String verdict,

        @Schema(description = "PostgreSQL's identity of the cluster.", examples = "7711119761779272937")
        String systemIdentifier,

        @Schema(description = "The timeline that ended.", examples = "1")
        Timeline oldTimeline,

        @Schema(description = "The timeline that began.", examples = "2")
        Timeline newTimeline,

        @Schema(description = "Start of the last record that the old primary wrote, by its control file.")
        Lsn shutdownCheckpoint,

        @Schema(description = "Up to where the candidate had replayed when it decided to promote.")
        Lsn replayedBeforePromotion,

        @Schema(description = "Where the new timeline begins, by its history file.")
        Lsn switchPoint,

        @Schema(
                description =
                        "From the demotion's begin to the first committed write on the new primary, by the driver's"
                                + " clock.",
                examples = "125.7")
        double writeDowntimeMillis,

        @Schema(
                description =
                        "Where poolers were paused: from their pause to their resumption, which is what their clients"
                                + " have waited at most.",
                examples = "182.3")
        @Nullable
        Double poolerPauseMillis,

        @Schema(description = "When it was issued.") Instant issuedAt) {

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
