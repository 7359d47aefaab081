package dev.estafet.switchover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.estafet.postgres.Lsn;
import dev.estafet.testing.Operation;
import dev.estafet.testing.RealServers;
import dev.estafet.testing.TestCluster;
import dev.estafet.testing.TestNode;
import dev.estafet.testing.Writers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Roles change hands on real servers while clients write, again and again. */
@RealServers
class SwitchoverIT {

    private static final int ROUNDS = 10;
    private static final long SEGMENT = 16L << 20;

    /** A few hundred milliseconds are usual; a machine that others use too may take longer, but no wait may pass in full. */
    private static final Duration LONGEST_GAP = Duration.ofMillis(2500);

    @Test
    void tenSwitchoversOfTwoNodesUnderFourWritersLoseNothing() throws Exception {
        try (var cluster = TestCluster.of("pg1", "pg2")) {
            cluster.startWithOnePrimary().setUpAll();
            switchOver(cluster);
        }
    }

    @Test
    void tenSwitchoversOfThreeNodesLoseNothingAndTheThirdFollowsEachTime() throws Exception {
        try (var cluster = TestCluster.of("pg1", "pg2", "pg3")) {
            cluster.startWithOnePrimary("--data-checksums").setUpAll();
            switchOver(cluster);
        }
    }

    @Test
    void tenSwitchoversOfDebiansClustersLoseNothing() throws Exception {
        assumeTrue(TestCluster.debianIsPossible(), "pg_createcluster is not installed, or this is not root");
        try (var cluster = TestCluster.debian("pg1", "pg2")) {
            cluster.node("pg2").initdb().emptyData();
            cluster.startWithOnePrimary().setUpAll();
            switchOver(cluster);
        }
    }

    @Test
    void thePromotedServerDoesNotHaveToMakeAnotherSegment() throws Exception {
        try (var cluster = TestCluster.of("pg1", "pg2")) {
            cluster.startWithOnePrimary().setUpAll();
            cluster.awaitWritable("pg1");

            // Given
            var primary = cluster.node("pg1");
            primary.text("SELECT pg_switch_wal()");
            primary.text("SELECT count(pg_logical_emit_message(false, 'test', repeat(' ', 1048576)))"
                    + " FROM generate_series(1, 13)");

            // When
            var operation = cluster.promote("pg2");

            // Then
            var end = Lsn.parse(operation.certified("switchPoint")).value() % SEGMENT;
            assertThat(end).as("end of the WAL in its segment").isLessThan(SEGMENT * 3 / 4);
        }
    }

    private static void switchOver(TestCluster cluster) throws SQLException {
        cluster.awaitWritable("pg1");
        readinessTellsWhatIsToBeWrittenBefore(cluster);
        var names = cluster.nodes().stream().map(TestNode::name).toList();
        var order = new ArrayList<>(List.of("pg1"));
        try (var writers = cluster.startWriters();
                var watcher = cluster.startWatcher()) {
            for (int i = 1; i <= ROUNDS; i++) {
                var candidate = names.get(i % names.size());
                switchOver(cluster, order.getLast(), candidate, writers);
                order.add(candidate);
            }
            watcher.stop();

            assertThat(watcher.polls()).isGreaterThan(ROUNDS * 100L);
            assertThat(watcher.twoAtOnce()).as("two nodes writable at once").isEmpty();
            assertThat(watcher.order())
                    .as("nodes in the order in which they were writable")
                    .isEqualTo(order);
            var verdict = writers.stop().verify();
            assertThat(verdict.lost()).as(verdict.toString()).isZero();
            assertThat(verdict.acknowledged()).isGreaterThan(ROUNDS * 100L);
        }
    }

    private static void switchOver(TestCluster cluster, String old, String candidate, Writers writers)
            throws SQLException {
        // Given
        var before = Snapshot.of(cluster, old);
        var plan = plan(cluster, candidate);
        var begin = System.nanoTime();

        // When
        var operation = cluster.promote(candidate);

        // Then
        cluster.awaitWrites(writers);
        var gap = writers.longestGapSince(begin);
        System.out.printf(
                "switchover %s → %s: write gap %d ms, certified downtime %s ms, phases: %s%n",
                old, candidate, gap.toMillis(), operation.certified("writeDowntimeMillis"), durations(operation));
        assertThat(gap).as("write gap").isLessThan(LONGEST_GAP);
        assertThat(writers.verify().lost()).isZero();
        assertThat(operation.phases()).isEqualTo(List.copyOf(plan.keySet()));
        assertThat(operation.json().<String>getList("phases.sentence")).isEqualTo(List.copyOf(plan.values()));
        assertThat(operation.phaseStates()).containsOnly("done");
        assertThat(cluster.primary().name()).isEqualTo(candidate);
        theCertificateHolds(operation, before, cluster.node(candidate));
        everyoneFollows(cluster, before, candidate);
    }

    private static void readinessTellsWhatIsToBeWrittenBefore(TestCluster cluster) {
        cluster.node("pg1").sql("CREATE TABLE ballast AS SELECT repeat('x', 1000) FROM generate_series(1, 10000)");

        assertThat(cluster.node("pg2")
                        .anonymous()
                        .get("/promote/readiness?candidate=pg2")
                        .jsonPath()
                        .getString("prediction.basis"))
                .startsWith("pg2 has measured no switchover yet")
                .containsPattern(
                        "The primary's last checkpoint began \\d+ s ago and about [1-9]\\d\\.\\d MB were changed since");
    }

    private static void theCertificateHolds(Operation operation, Snapshot before, TestNode candidate) {
        assertThat(operation.certified("oldPrimary")).isEqualTo(before.primary().name());
        assertThat(operation.certified("newPrimary")).isEqualTo(candidate.name());
        assertThat(operation.certified("zeroLoss")).isEqualTo("true");
        assertThat(operation.certified("systemIdentifier")).isEqualTo(before.systemIdentifier());
        assertThat(operation.certified("oldTimeline")).isEqualTo(Integer.toString(before.timeline()));
        assertThat(operation.certified("newTimeline")).isEqualTo(Integer.toString(before.timeline() + 1));
        assertThat(timelineOf(candidate)).isEqualTo(before.timeline() + 1);

        var history = lastLineOfHistory(candidate, before.timeline() + 1);
        assertThat(history.getFirst()).isEqualTo(Integer.toString(before.timeline()));
        assertThat(operation.certified("switchPoint")).isEqualTo(history.get(1));
        assertThat(operation.certified("replayedBeforePromotion")).isEqualTo(history.get(1));
        assertThat(Lsn.parse(operation.certified("shutdownCheckpoint"))).isLessThan(Lsn.parse(history.get(1)));
        // No restart point has been taken there yet, so the control file still names the record of the shutdown.
        assertThat(before.primary().controlData())
                .containsEntry("Latest checkpoint location", operation.certified("shutdownCheckpoint"))
                .containsEntry("Database cluster state", "in archive recovery");
    }

    private static void everyoneFollows(TestCluster cluster, Snapshot before, String candidate) {
        var standbys = cluster.nodes().stream()
                .filter(it -> !it.name().equals(candidate))
                .toList();
        for (var standby : standbys) {
            assertThat(standby.isInRecovery()).isTrue();
            assertThat(standby.streamsFrom(cluster.node(candidate)))
                    .as(standby.name() + " streams from " + candidate)
                    .isTrue();
            assertThat(standby.text("SELECT received_tli FROM pg_stat_wal_receiver"))
                    .isEqualTo(Integer.toString(before.timeline() + 1));
            assertThat(standby.slots()).as("slots left on " + standby.name()).isEmpty();
            assertThat(standby.serverState().facts().get("system identifier")).isEqualTo(before.systemIdentifier());
            assertThat(standby.serverState().facts().get("data directory"))
                    .as("the data directory of " + standby.name())
                    .isEqualTo(before.dataDirectories().get(standby.name()));
        }
        assertThat(cluster.node(candidate).slots())
                .isEqualTo(standbys.stream().collect(Collectors.toMap(it -> "estafet_" + it.name(), it -> true)));
        cluster.nodes().forEach(node -> assertThat(node.serviceLog()).doesNotContain("pg_rewind "));
    }

    /** Names and sentences of the phases, in order, as a dry run tells them. */
    private static Map<String, String> plan(TestCluster cluster, String candidate) {
        var answer = cluster.post(candidate, "/promote", Map.of("candidate", candidate, "dryRun", true));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        assertThat(answer.jsonPath().getBoolean("findings.ready"))
                .as(answer.asString())
                .isTrue();
        var phases = answer.jsonPath().<Map<String, String>>getList("phases");
        return phases.stream()
                .collect(Collectors.toMap(
                        it -> Objects.requireNonNull(it.get("name")),
                        it -> Objects.requireNonNull(it.get("sentence")),
                        (a, b) -> a,
                        LinkedHashMap::new));
    }

    private static String durations(Operation operation) {
        var names = operation.phases().iterator();
        return operation.json().<Number>getList("phases.durationMillis").stream()
                .map(it -> names.next() + " " + it)
                .collect(Collectors.joining(", "));
    }

    /** A history file's lines are parent, switch point and reason, the latest last. */
    private static List<String> lastLineOfHistory(TestNode node, int timeline) {
        var file = node.data().resolve("pg_wal").resolve("%08X.history".formatted(timeline));
        return List.of(lines(file)
                .filter(it -> !it.isBlank())
                .reduce((earlier, later) -> later)
                .orElseThrow()
                .split("\t"));
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static int timelineOf(TestNode primary) {
        return Integer.parseInt(primary.text("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"), 16);
    }

    /** What the switchover starts from. */
    private record Snapshot(
            TestNode primary, int timeline, String systemIdentifier, Map<String, String> dataDirectories) {

        static Snapshot of(TestCluster cluster, String primary) {
            var node = cluster.node(primary);
            return new Snapshot(
                    node,
                    timelineOf(node),
                    node.text("SELECT system_identifier::text FROM pg_control_system()"),
                    cluster.nodes().stream()
                            .collect(Collectors.toMap(
                                    TestNode::name,
                                    it -> Objects.requireNonNull(
                                            it.serverState().facts().get("data directory")))));
        }
    }
}
