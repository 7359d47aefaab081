package dev.estafet.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.testing.Machines;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every fault that we can think of, in the middle of a switchover, while clients write. After each: never were two nodes
 * writable, nothing that was acknowledged is lost, the operation has ended, and the cluster is whole again, by itself or
 * once the service or server that was ended is started. What came of each is in {@code target/fault-matrix.md}.
 *
 * <p>{@code -Destafet.faults=REGEX} takes only cells with such names ({@code FAULT @ PHASE}), {@code
 * -Destafet.faults.all=true} takes each fault at each phase. Networks that are cut and disks that are full take root.
 */
@RealServers
class FaultsIT {

    private static final Path TABLE = Path.of("target/fault-matrix.md");

    private final Matrix matrix = new Matrix();
    private TestCluster cluster = aClusterOfThree();
    private boolean isBroken;

    private static TestCluster aClusterOfThree() {
        var cluster = TestCluster.apart("pg1", "pg2", "pg3")
                .with("estafet.time-outs.peer", "2s")
                .with("estafet.time-outs.call", "5s")
                .with("estafet.time-outs.rehearsal", "200ms")
                .with("estafet.time-outs.stop", "3s")
                .with("estafet.time-outs.start", "30s")
                .with("estafet.time-outs.checkpoint", "10s")
                .with("estafet.time-outs.prove", "4s")
                .with("estafet.time-outs.archiver", "2s")
                .with("estafet.time-outs.stream", "10s");
        return cluster.startWithOnePrimary("--data-checksums").setUpAll();
    }

    /** What a cell has left broken is not the next one's fault. */
    private void requireWholeCluster() {
        if (isBroken) {
            cluster.close();
            cluster = aClusterOfThree();
            isBroken = false;
        }
    }

    static List<Cell> cells() {
        var chosen = Pattern.compile(System.getProperty("estafet.faults", ""));
        return Faults.cells(Boolean.getBoolean("estafet.faults.all")).stream()
                .filter(cell -> chosen.matcher(cell.toString()).find())
                .toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cells")
    @Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = ThreadMode.SEPARATE_THREAD)
    void theClusterIsWholeAgainAndNothingIsLost(Cell cell) throws SQLException {
        requireWholeCluster();
        var began = System.nanoTime();
        var outcome = "FAILED";
        try {
            outcome = outcome(cell);
        } finally {
            matrix.put(cell, outcome, (System.nanoTime() - began) / 1_000_000);
            isBroken = outcome.equals("FAILED");
            if (isBroken) {
                System.err.printf(
                        "==== again: -Dit.test=FaultsIT -Destafet.faults=%s%n",
                        cell.toString().replace(' ', '.'));
            }
        }
    }

    private String outcome(Cell cell) throws SQLException {
        var scene = new Scene(cluster);
        try (var writers = cluster.startCalmWriters();
                var watcher = cluster.startCalmWatcher()) {
            // When
            cell.strike().on(scene);

            // Then
            var outcome = scene.awaitWhole();
            cluster.awaitWrites(writers);
            assertThat(watcher.stop().twoAtOnce()).as("two writable at once").isEmpty();
            assertThat(writers.stop().verify().lost())
                    .as("acknowledged and lost")
                    .isZero();
            cell.committed()
                    .ifPresent(forward -> assertThat(outcome.equals("completed"))
                            .as("went forward")
                            .isEqualTo(forward));
            return outcome;
        } finally {
            scene.mend();
        }
    }

    @AfterAll
    void writeTheTable() throws IOException {
        cluster.close();
        matrix.write(
                TABLE,
                Faults.PHASES,
                "S is the candidate, which drives, P the old primary, F the third node. An empty cell is none."
                        + (Machines.canBeApart() ? "" : " Networks cut and disks full are missing: that takes root."));
    }
}
