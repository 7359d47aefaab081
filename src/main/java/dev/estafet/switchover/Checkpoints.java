package dev.estafet.switchover;

import dev.estafet.EstafetConfig.TimeOuts;
import dev.estafet.cluster.Cluster;
import dev.estafet.node.Node;
import dev.estafet.postgres.Await;
import dev.estafet.postgres.ByteSize;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The checkpoints before the write gap, on the old primary and on the candidate, which is this node: in the gap there is
 * little left to write at the shutdown, to replay, and to write at the promotion.
 */
final class Checkpoints {

    /** What a candidate has not replayed when the stop begins is replayed in the gap; for less than this nobody waits. */
    private static final long NEXT_TO_NOTHING = 1 << 20;

    /** For how long it is waited for, where the candidate is near enough otherwise. */
    private static final Duration CATCH_UP = Duration.ofSeconds(1);

    /** What is written while the candidate takes its checkpoint may need another move of the WAL's end; not for ever. */
    private static final int MOST_MOVES = 3;

    private final String operation;
    private final SwitchoverRequest request;
    private final Cluster cluster;
    private final TimeOuts timeOuts;

    Checkpoints(String operation, SwitchoverRequest request, Cluster cluster, TimeOuts timeOuts) {
        this.operation = operation;
        this.request = request;
        this.cluster = cluster;
        this.timeOuts = timeOuts;
    }

    /**
     * Takes them on both at once, and on the candidate once more, with what it has replayed meanwhile.
     *
     * @return what was done, in words
     */
    String takeOnBoth(String primary) {
        var done = cluster.onEach(List.of(primary, cluster.self()), this::takeOn);
        var lag = smallLagAwaited();
        takeOn(cluster.self());
        return "on the primary %s; replay is %s behind".formatted(done.get(primary), ByteSize.format(lag));
    }

    private String takeOn(String name) {
        return cluster.ask(name, timeOuts.longest(), node -> node.checkpoint(operation));
    }

    /**
     * Moves the end of the primary's WAL within its segment, or into the next one, until it is where it costs the least time
     * in the gap. Each move comes with a checkpoint on the primary and one on the candidate, which make the next WAL segment.
     *
     * @return how many moves there were
     */
    int moveEndOfWal(String primary) {
        for (int moves = 0; moves < MOST_MOVES; moves++) {
            var isMoved = cluster.ask(primary, timeOuts.longest(), node -> node.lastCheckpoint(operation));
            smallLagAwaited();
            if (!isMoved) {
                return moves;
            }
            takeOn(cluster.self());
        }
        return MOST_MOVES;
    }

    private long smallLagAwaited() {
        var patience = System.nanoTime() + CATCH_UP.toNanos();
        return Await.value(
                "the candidate's replay to come within " + ByteSize.format(request.maxLagBytes()),
                Duration.ofMillis(request.proveMillis()).plus(CATCH_UP),
                Await.CALMLY,
                () -> smallLag().filter(bytes -> bytes < NEXT_TO_NOTHING || System.nanoTime() - patience > 0));
    }

    private Optional<Long> smallLag() {
        var lag = cluster.ask(cluster.self(), Node::report).state().lag();
        return Optional.ofNullable(lag).map(it -> it.bytes()).filter(bytes -> bytes <= request.maxLagBytes());
    }
}
