package dev.estafet.switchover;

import dev.estafet.operation.Operation;
import dev.estafet.postgres.ByteSize;
import dev.estafet.switchover.Readiness.Prediction;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Foretells the write downtime from those that were measured. What the primary has still to write does not prolong it, since
 * it takes checkpoints before its stop until one is short: the downtime was the same between 32 MB and 1 GB of {@code
 * shared_buffers}, and grew from 74 to 119 ms between no and 1000 transactions a second (docs/performance.md). So that is
 * told, and not added; as is WAL that the candidate has still to replay, of which nobody knows how much will be left at the
 * stop.
 */
final class Forecast {

    /** Of a hand-tuned switchover on a small machine under load: shutdown, WAL drain, timeline switch. */
    private static final double UNMEASURED = 300;

    private static final int REMEMBERED = 10;

    /** A standby that keeps up is behind by as much now and then; and a primary has always something to write. */
    private static final long NOTEWORTHY = 1 << 20;

    private final List<Measured> known;

    /** @param known the newest first */
    Forecast(List<Measured> known) {
        this.known = known;
    }

    /**
     * A switchover that was completed.
     *
     * @param to who became the primary
     * @param millis for which writes were down
     */
    record Measured(String to, double millis) {

        /** What an operation measured, if it was one. */
        static Stream<Measured> by(Operation operation) {
            var result = operation.result();
            return result != null && result.hasNonNull("writeDowntimeMillis") && result.hasNonNull("newPrimary")
                    ? Stream.of(new Measured(
                            result.get("newPrimary").asText(),
                            result.get("writeDowntimeMillis").asDouble()))
                    : Stream.empty();
        }
    }

    /**
     * What is left to be done now.
     *
     * @param replayBytes by the candidate
     * @param dirtyBytes that the primary has changed in memory only, about
     * @param checkpointSeconds since the primary's last checkpoint began
     */
    record Backlog(long replayBytes, long dirtyBytes, long checkpointSeconds) {

        static final Backlog NONE = new Backlog(0, 0, 0);

        private String told() {
            var toReplay = replayBytes < NOTEWORTHY
                    ? ""
                    : " The candidate has %s still to replay; what is left of it at the stop comes on top."
                            .formatted(ByteSize.format(replayBytes));
            var toWrite = dirtyBytes < NOTEWORTHY
                    ? ""
                    : (" The primary's last checkpoint began %d s ago and about %s were changed since: they are written"
                                    + " before the stop, while writes go on.")
                            .formatted(checkpointSeconds, ByteSize.format(dirtyBytes));
            return toReplay + toWrite;
        }
    }

    /**
     * What to expect of a switchover to this node.
     *
     * @param asked who answers, from what it has driven itself
     */
    Prediction of(String candidate, String asked, Backlog backlog) {
        var there = last(known.stream().filter(it -> it.to().equals(candidate)));
        if (!there.isEmpty()) {
            return prediction(there, "%s to %s".formatted(inWords(there), candidate), backlog);
        }
        var elsewhere = last(known.stream());
        return elsewhere.isEmpty()
                ? new Prediction(
                        UNMEASURED,
                        "%s has measured no switchover yet: what a small machine takes under load.%s"
                                .formatted(asked, backlog.told()))
                : prediction(
                        elsewhere,
                        "%s knows of no switchover to %s; %s to other nodes"
                                .formatted(asked, candidate, inWords(elsewhere).toLowerCase(Locale.ROOT)),
                        backlog);
    }

    private static List<Double> last(Stream<Measured> measured) {
        return measured.limit(REMEMBERED).map(Measured::millis).sorted().toList();
    }

    private static Prediction prediction(List<Double> sorted, String basis, Backlog backlog) {
        var range = sorted.size() == 1
                ? ""
                : String.format(Locale.ROOT, ", which took %.1f to %.1f ms", sorted.getFirst(), sorted.getLast());
        return new Prediction(median(sorted), basis + range + "." + backlog.told());
    }

    private static String inWords(List<Double> measured) {
        return measured.size() == 1
                ? "As the last switchover"
                : "Median of the last %d switchovers".formatted(measured.size());
    }

    private static double median(List<Double> sorted) {
        var middle = sorted.size() / 2;
        var median = sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (Objects.requireNonNull(sorted.get(middle - 1)) + sorted.get(middle)) / 2;
        return Math.round(median * 10) / 10.0;
    }
}
